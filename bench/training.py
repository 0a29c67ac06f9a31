#!/usr/bin/env python3
"""Training at T5-small's size in PyTorch (transformers' T5) and in Ingot, alternately, maximum of
several:

    python bench/training.py INGOT [--threads N] [--updates N] [--repeat N] [--batch-tokens N]

d_model 512, 6+6 layers, 8 heads, d_ff 2048, 32,128 words, tied; random sentences of 8 to 40 words,
batches of sentences of similar length with at most N target tokens, AdamW, dropout 0.1, clipping
at 1. Updates alone are timed, in PyTorch after two that are not; only real target tokens count,
the end of a sentence included. Needs torch and transformers. Prints CSV lines: size, side, target
tokens, seconds, tokens a second; then the ratio (above 1: Ingot is faster)."""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

WORDS, PAD, END = 32128, 0, 1
SIZE = dict(d_model=512, d_kv=64, d_ff=2048, num_layers=6, num_decoder_layers=6, num_heads=8,
            dropout_rate=0.1)
UNTIMED = 2


def make_sentences(tokens):
    """Pairs of ids, in which every id of a word occurs on both sides: Ingot's vocabulary."""
    draw = random.Random(1)
    sides = []
    for _ in range(2):
        words = list(range(3, WORDS))
        draw.shuffle(words)
        while len(words) < tokens:
            words.append(draw.randrange(3, WORDS))
        sides.append(words)
    pairs, at = [], [0, 0]
    while min(len(s) - a for s, a in zip(sides, at)) > 0 or at[0] < WORDS or at[1] < WORDS:
        lengths = [draw.randrange(8, 41) for _ in sides]
        pair = [s[a:a + n] or [3] for s, a, n in zip(sides, at, lengths)]
        pairs.append(pair)
        at = [a + n for a, n in zip(at, lengths)]
    return pairs


def batches(pairs, budget, count):
    """Sentences of similar length together, as padded batches want them."""
    order = sorted(range(len(pairs)), key=lambda i: [len(side) for side in reversed(pairs[i])])
    out, current = [], []
    for i in order:
        longest = max(len(pairs[j][1]) + 1 for j in current + [i])
        if current and longest * (len(current) + 1) > budget:
            out.append(current)
            current = []
        current.append(i)
    random.Random(2).shuffle(out)
    return out[:count]


def run_torch(a, pairs):
    import torch
    import transformers as t

    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    model = t.T5ForConditionalGeneration(
        t.T5Config(vocab_size=WORDS, decoder_start_token_id=PAD, **SIZE)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9,
                                  weight_decay=0.01, fused=True)

    def padded(rows, filler):
        width = max(map(len, rows))
        return torch.tensor([row + [filler] * (width - len(row)) for row in rows])

    tokens, begin = 0, time.perf_counter()
    for number, batch in enumerate(batches(pairs, a.batch_tokens, a.updates + UNTIMED)):
        if number == UNTIMED:
            tokens, begin = 0, time.perf_counter()
        source = padded([pairs[i][0] + [END] for i in batch], PAD)
        labels = padded([pairs[i][1] + [END] for i in batch], -100)
        loss = model(input_ids=source, attention_mask=(source != PAD).long(), labels=labels).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tokens += int((labels != -100).sum())
    return tokens, time.perf_counter() - begin


def run_ingot(a, pairs):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for side, file in enumerate(("source", "target")):
            (folder / file).write_text(
                "".join(" ".join(f"w{i}" for i in pair[side]) + "\n" for pair in pairs))
        model = json.dumps(dict(family="t5", **SIZE))
        train = json.dumps(dict(
            output=str(folder / "out"), seed=1, batch_tokens=a.batch_tokens, updates=a.updates,
            optimizer="adamw", weight_decay=0.01, learning_rate=1e-4, schedule="constant",
            adam_betas=[0.9, 0.98], clip_norm=1.0, label_smoothing=0, save_every=0))
        (folder / "c.yml").write_text(
            f"data: {{train: {{source: {folder}/source, target: {folder}/target}}, "
            f"tokens: whitespace}}\nmodel: {model}\ntrain: {train}\n")
        subprocess.run(
            [a.ingot, "train", folder / "c.yml", "--threads", str(a.threads), "--stats",
             folder / "stats", "--quiet"], check=True)
        stats = json.loads((folder / "stats").read_text())
        words = json.loads((folder / "out/latest/config.json").read_text())["vocab_size"]
        if abs(words - WORDS) > 8:
            sys.exit(f"Ingot's vocabulary has {words} words")
    return stats["target_tokens"], stats["seconds"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("ingot")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--updates", type=int, default=10)
    p.add_argument("--repeat", type=int, default=3)
    p.add_argument("--batch-tokens", type=int, default=2048)
    a = p.parse_args()
    pairs = make_sentences(2 * a.batch_tokens * (a.updates + UNTIMED))
    best = {}
    for _ in range(a.repeat):
        for side, run in (("torch", run_torch), ("ingot", run_ingot)):
            tokens, seconds = run(a, pairs)
            print(f"t5-small,{side},{tokens},{seconds:.2f},{tokens / seconds:.0f}", flush=True)
            best[side] = max(best.get(side, 0), tokens / seconds)
    print(f"ratio,{best['ingot'] / best['torch']:.2f}")


if __name__ == "__main__":
    main()
