"""The published Multi30k recipe in PyTorch, on a CPU: BLEU over training time, to lay beside `ingot
train` (README.md here).

train_torch.py DATA [--updates N] [--seconds N] [--every N] [--log FILE] …: DATA holds
train.{en,de}.gz, valid.{en,de}, test.2016.{en,de}, split by BPE. One JSON object a line: update,
seconds (of the updates alone: neither decoding nor loading counts), target_tokens, loss, dev_bleu,
test_bleu. Needs torch and sacrebleu.
"""

import argparse
import collections
import gzip
import json
import math
import os
import pathlib
import random
import re
import time

import sacrebleu
import torch
from torch import nn
from torch.nn import functional as F

PAD, EOS, UNKNOWN = 0, 1, 2  # EOS also starts a decoder's input


def options():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("data", type=pathlib.Path)
    p.add_argument("--source", default="en")
    p.add_argument("--target", default="de")
    p.add_argument("--updates", type=int, default=8000)
    p.add_argument(
        "--seconds",
        type=float,
        default=math.inf,
        help="of training; stops after the first update that reaches them",
    )
    p.add_argument("--every", type=int, default=500, help="updates between scores")
    p.add_argument("--log", type=pathlib.Path)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument(
        "--batch-tokens",
        type=int,
        default=4096,
        help="sentences times the longest of them, on either side",
    )
    p.add_argument(
        "--accumulate",
        type=int,
        default=1,
        help="batches an update; the published run had two workers",
    )
    p.add_argument("--d-model", type=int, default=128)
    p.add_argument("--heads", type=int, default=4)
    p.add_argument("--layers", type=int, default=4)
    p.add_argument("--ffn", type=int, default=256)
    p.add_argument("--dropout", type=float, default=0.3)
    p.add_argument("--label-smoothing", type=float, default=0.1)
    p.add_argument("--learning-rate", type=float, default=0.005)
    p.add_argument("--warmup", type=int, default=2000)
    p.add_argument("--clip-norm", type=float, default=25.0)
    p.add_argument(
        "--beam-size",
        type=int,
        default=1,
        help="of the scores over time; the last one is always decoded with 5",
    )
    p.add_argument("--sentences", type=int, help="score only so many")
    return p.parse_args()


# ---- data --------------------------------------------------------------------


def lines(path):
    zipped = path.with_name(path.name + ".gz")
    opened = (
        gzip.open(zipped, "rt", encoding="utf-8")
        if zipped.exists()
        else open(path, encoding="utf-8")
    )
    with opened as f:
        return [line.split() for line in f]


class Corpus:
    def __init__(self, a):
        self.text = {
            (part, side): lines(a.data / f"{part}.{getattr(a, side)}")
            for part in ("train", "valid", "test.2016")
            for side in ("source", "target")
        }
        counts = collections.Counter(
            token
            for side in ("source", "target")
            for line in self.text["train", side]
            for token in line
        )
        self.tokens = ["<pad>", "</s>", "<unk>"] + [
            t for t, _ in sorted(counts.items(), key=lambda x: (-x[1], x[0]))
        ]
        self.ids = {token: i for i, token in enumerate(self.tokens)}

    def encoded(self, part, side):
        return [[self.ids.get(t, UNKNOWN) for t in line] + [EOS] for line in self.text[part, side]]

    def joined(self, ids):
        """The words of a row of ids up to its end, BPE's marks removed."""
        return unsplit(
            " ".join(self.tokens[i] for i in ids[: ids.index(EOS) if EOS in ids else len(ids)])
        )

    def references(self, part):
        return [unsplit(" ".join(line)) for line in self.text[part, "target"]]


def unsplit(text):
    return re.sub(r"@@( |$)", "", text)


def padded(rows):
    width = max(map(len, rows))
    return torch.tensor([row + [PAD] * (width - len(row)) for row in rows])


def batches(source, target, budget, shuffle):
    """An epoch: sentences of like length together, at most `budget` places on either side of a
    batch, pads included."""
    index = list(range(len(source)))
    shuffle.shuffle(index)
    index.sort(key=lambda i: (len(target[i]), len(source[i])))
    out, batch, longest = [], [], 0
    for i in index:
        length = max(len(source[i]), len(target[i]))
        if batch and max(longest, length) * (len(batch) + 1) > budget:
            out.append(batch)
            batch, longest = [], 0
        batch.append(i)
        longest = max(longest, length)
    out.append(batch)
    shuffle.shuffle(out)
    return out


# ---- the model -----------------------------------------------------------------
# Post-norm layers, sinusoids, all embeddings tied; dropout of embeddings and of each sublayer's
# output.


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(d, d) for _ in range(4))
        for linear in (self.query, self.key, self.value):
            nn.init.xavier_uniform_(linear.weight, gain=2**-0.5)
        nn.init.xavier_uniform_(self.output.weight)

    def forward(self, x, memory, mask=None, causal=False):
        def split(t):
            return t.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        y = F.scaled_dot_product_attention(
            split(self.query(x)),
            split(self.key(memory)),
            split(self.value(memory)),
            attn_mask=mask,
            is_causal=causal,
        )
        return self.output(y.transpose(1, 2).flatten(-2))


class Layer(nn.Module):
    def __init__(self, a, cross):
        super().__init__()
        d = a.d_model
        self.attention, self.cross = Attention(d, a.heads), Attention(d, a.heads) if cross else None
        self.inner, self.outer = nn.Linear(d, a.ffn), nn.Linear(a.ffn, d)
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(3 if cross else 2))
        self.dropout = nn.Dropout(a.dropout)
        nn.init.xavier_uniform_(self.inner.weight)
        nn.init.xavier_uniform_(self.outer.weight)

    def forward(self, x, mask=None, memory=None, memory_mask=None):
        x = self.norms[0](
            x + self.dropout(self.attention(x, x, mask, causal=self.cross is not None))
        )
        if self.cross is not None:
            x = self.norms[1](x + self.dropout(self.cross(x, memory, memory_mask)))
        return self.norms[-1](x + self.dropout(self.outer(F.relu(self.inner(x)))))


class Transformer(nn.Module):
    def __init__(self, a, vocabulary):
        super().__init__()
        self.d = a.d_model
        self.embedding = nn.Embedding(vocabulary, self.d, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=self.d**-0.5)
        with torch.no_grad():
            self.embedding.weight[PAD] = 0
        self.encoder = nn.ModuleList(Layer(a, cross=False) for _ in range(a.layers))
        self.decoder = nn.ModuleList(Layer(a, cross=True) for _ in range(a.layers))
        self.dropout = nn.Dropout(a.dropout)
        angles = torch.arange(1024)[:, None] * torch.exp(
            torch.arange(self.d // 2) * (-math.log(10000) / (self.d // 2 - 1))
        )
        self.register_buffer("positions", torch.cat([angles.sin(), angles.cos()], 1))

    def embed(self, ids):
        return self.dropout(
            self.embedding(ids) * math.sqrt(self.d) + self.positions[: ids.shape[1]]
        )

    def encode(self, source):
        mask = (source != PAD)[:, None, None, :]
        x = self.embed(source)
        for layer in self.encoder:
            x = layer(x, mask)
        return x, mask

    def decode(self, target, memory, memory_mask):
        """The decoder's states. Pads come after the ends of sentences: a causal mask hides them."""
        x = self.embed(target)
        for layer in self.decoder:
            x = layer(x, None, memory, memory_mask)
        return x

    def logits(self, states):
        return states @ self.embedding.weight.T


# ---- decoding ----------------------------------------------------------------


@torch.no_grad()
def beam_search(model, source, beam):
    """Hypotheses of a batch, by log-probability over length; beam 1 is greedy. The decoder runs
    over whole prefixes: its time is not counted."""
    count, longest = source.shape[0], source.shape[1] + 50
    memory, mask = model.encode(source)
    memory, mask = memory.repeat_interleave(beam, 0), mask.repeat_interleave(beam, 0)
    prefixes = torch.full((count * beam, 1), EOS)
    scores = torch.full((count, beam), -math.inf)
    scores[:, 0] = 0
    finished, open_ = [[] for _ in range(count)], [True] * count
    for step in range(1, longest + 1):
        steps = F.log_softmax(model.logits(model.decode(prefixes, memory, mask)[:, -1]), -1)
        steps[:, PAD] = -math.inf
        if step == longest:
            steps[:, :EOS] = -math.inf
            steps[:, EOS + 1 :] = -math.inf
        vocabulary = steps.shape[-1]
        best, places = (
            (scores[:, :, None] + steps.view(count, beam, -1)).view(count, -1).topk(2 * beam)
        )
        rows, tokens = [], []
        for s in range(count):
            kept = []
            for rank, (value, place) in enumerate(zip(best[s].tolist(), places[s].tolist())):
                row, token = s * beam + place // vocabulary, place % vocabulary
                if token == EOS:
                    if rank < beam and open_[s] and value > -math.inf:
                        finished[s].append((value / step, prefixes[row, 1:].tolist()))
                elif len(kept) < beam:
                    kept.append((value, row, token))
            open_[s] = open_[s] and len(finished[s]) < beam
            kept += [(-math.inf, s * beam, EOS)] * (beam - len(kept))
            scores[s] = torch.tensor([k[0] for k in kept])
            rows += [k[1] for k in kept]
            tokens += [k[2] for k in kept]
        if not any(open_):
            break
        prefixes = torch.cat([prefixes[rows], torch.tensor(tokens)[:, None]], 1)
    return [max(f)[1] if f else [] for f in finished]


def bleu(model, corpus, part, beam, limit):
    model.eval()
    source, references = corpus.encoded(part, "source")[:limit], corpus.references(part)[:limit]
    order = sorted(range(len(source)), key=lambda i: len(source[i]))
    hypotheses = [""] * len(source)
    for first in range(0, len(order), 64):
        index = order[first : first + 64]
        for i, ids in zip(index, beam_search(model, padded([source[i] for i in index]), beam)):
            hypotheses[i] = corpus.joined(ids)
    model.train()
    return sacrebleu.corpus_bleu(hypotheses, [references], tokenize="none", force=True).score


# ---- training ----------------------------------------------------------------


def smoothed_loss(logits, target, smoothing):
    """Summed over targets; the smoothing is spread over all other pieces, as the recipe's trainer
    does it."""
    log_probabilities = F.log_softmax(logits, -1)
    nll = -log_probabilities.gather(-1, target[:, None]).sum()
    spread = smoothing / (logits.shape[-1] - 1)
    return (1 - smoothing - spread) * nll - spread * log_probabilities.sum()


def learning_rate(a, update):
    if update <= a.warmup:
        return 1e-7 + (a.learning_rate - 1e-7) * update / a.warmup
    return a.learning_rate * math.sqrt(a.warmup / update)


def step(model, optimizer, a, update, micro_batches):
    """One update; returns the summed loss and the number of targets."""
    tokens = sum(len(row) for _, target in micro_batches for row in target)
    total = 0.0
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(a, update)
    optimizer.zero_grad(set_to_none=True)
    for source, target in micro_batches:
        wanted = padded(target)
        given = torch.cat([torch.full((len(target), 1), EOS), wanted[:, :-1]], 1)
        given[wanted == PAD] = PAD
        states = model.decode(given, *model.encode(padded(source)))
        loss = smoothed_loss(
            model.logits(states[wanted != PAD]), wanted[wanted != PAD], a.label_smoothing
        )
        (loss / tokens).backward()
        total += loss.item()
    nn.utils.clip_grad_norm_(model.parameters(), a.clip_norm)
    optimizer.step()
    return total, tokens


def endless(source, target, a):
    """Groups of `accumulate` batches, epoch after epoch."""
    shuffle = random.Random(a.seed)
    group = []
    while True:
        for batch in batches(source, target, a.batch_tokens, shuffle):
            group.append(([source[i] for i in batch], [target[i] for i in batch]))
            if len(group) == a.accumulate:
                yield group
                group = []


def main():
    a = options()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    corpus = Corpus(a)
    model = Transformer(a, len(corpus.tokens)).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0, betas=(0.9, 0.98), eps=1e-8)
    log = open(a.log, "w", encoding="utf-8") if a.log else None

    def say(**what):
        print(json.dumps(what), flush=True)
        if log:
            print(json.dumps(what), file=log, flush=True)

    say(
        torch=torch.__version__,
        threads=a.threads,
        parameters=sum(p.numel() for p in model.parameters()),
        vocabulary=len(corpus.tokens),
    )
    seconds, tokens, since, counted = 0.0, 0, 0.0, 0
    for update, group in enumerate(
        endless(corpus.encoded("train", "source"), corpus.encoded("train", "target"), a), 1
    ):
        begin = time.perf_counter()
        loss, count = step(model, optimizer, a, update, group)
        seconds += time.perf_counter() - begin
        tokens, since, counted = tokens + count, since + loss, counted + count
        last = update == a.updates or seconds >= a.seconds
        if last or update % a.every == 0:
            beam = 5 if last else a.beam_size
            say(
                update=update,
                seconds=round(seconds, 3),
                target_tokens=tokens,
                loss=since / counted,
                beam_size=beam,
                dev_bleu=bleu(model, corpus, "valid", beam, a.sentences),
                test_bleu=bleu(model, corpus, "test.2016", beam, a.sentences),
            )
            since, counted = 0.0, 0
        if last:
            break


main()
