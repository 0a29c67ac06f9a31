#!/usr/bin/env python3
"""Ingot and PyTorch fine-tune the same encoder on the same questions by the same recipe, one after
the other for each seed, and both results answer and are scored by Ingot:

    python bench/finetuning.py INGOT ENCODER TRAIN.json DEV.json FOLDER [--seeds 1,2,3]
        [--epochs N | --updates N] [--rate X] [--batch N] [--threads N] [--programs ingot,torch]
        [--padding longest|max_length] [--more OTHER.json ...]

The recipe is run_qa's: AdamW without decay, betas 0.9 and 0.999, clipping at 1, a linear schedule
with a warm-up of a tenth, windows of 384 tokens with a stride of 128, dropout as the encoder's
config.json has it. PyTorch's batches are shuffled, then sorted by length within 50 batches and
padded to their longest, its best case; --padding max_length pads to 384 as run_qa does unless told
otherwise. The seconds are of the updates alone.
Needs torch and transformers. FOLDER receives the models and answers. Prints CSV lines; those of
--more are other files that the same models answer."""
import argparse
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import time

CONFIG = """
data:
  train: {{squad: {train}}}
  max_length: 384
  stride: 128
model: {{init: {encoder}}}
train:
  output: {output}
  seed: {seed}
  batch_sequences: {batch}
  batch_tokens: 100000
  pool_batches: 50
  updates: {updates}
  optimizer: adamw
  adam_betas: [0.9, 0.999]
  adam_eps: 1.0e-8
  learning_rate: {rate}
  schedule: linear
  warmup: {warmup}
  clip_norm: 1.0
  log_every: 20
"""


def features(tokenizer, path):
    """Windows with the rows of their answers (run_qa's prepare_train_features, from its rules)."""
    windows = []
    for article in json.load(open(path, encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for q in paragraph["qas"]:
                encoded = tokenizer(q["question"].lstrip(), paragraph["context"], max_length=384,
                                    stride=128, truncation="only_second",
                                    return_overflowing_tokens=True, return_offsets_mapping=True)
                for i, ids in enumerate(encoded["input_ids"]):
                    windows.append(window(encoded, i, ids, q["answers"][:1]))
    return windows


def window(encoded, i, ids, answers):
    offsets, sequences = encoded["offset_mapping"][i], encoded.sequence_ids(i)
    rows = [r for r, s in enumerate(sequences) if s == 1]
    start = end = 0
    if answers:
        first = answers[0]["answer_start"]
        last = first + len(answers[0]["text"])
        if offsets[rows[0]][0] <= first and offsets[rows[-1]][1] >= last:
            start = max(r for r in rows if offsets[r][0] <= first)
            end = min(r for r in rows if offsets[r][1] >= last)
    return {"input_ids": ids, "token_type_ids": encoded["token_type_ids"][i],
            "attention_mask": encoded["attention_mask"][i], "places": (start, end)}


def batches_of(windows, size, order):
    """The batches of an epoch: lengths together, batches in random order."""
    indices = list(range(len(windows)))
    order.shuffle(indices)
    batches = []
    for first in range(0, len(indices), 50 * size):
        pool = sorted(indices[first:first + 50 * size],
                      key=lambda i: -len(windows[i]["input_ids"]))
        batches += [pool[b:b + size] for b in range(0, len(pool), size)]
    order.shuffle(batches)
    return batches


def train_torch(o, tokenizer, windows, seed, updates, folder):
    import torch
    import transformers as t

    torch.set_num_threads(o.threads)
    torch.manual_seed(seed)
    order = random.Random(seed)
    model = t.BertForQuestionAnswering.from_pretrained(o.encoder).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=o.rate, weight_decay=0.0)
    schedule = t.get_linear_schedule_with_warmup(optimizer, updates // 10, updates)
    begin, step, losses = time.perf_counter(), 0, 0.0
    while step < updates:
        for batch in batches_of(windows, o.batch, order)[:updates - step]:
            places = torch.tensor([windows[i]["places"] for i in batch])
            padded = tokenizer.pad([{k: v for k, v in windows[i].items() if k != "places"}
                                    for i in batch], padding=o.padding, max_length=384,
                                   return_tensors="pt")
            loss = model(**padded, start_positions=places[:, 0], end_positions=places[:, 1]).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses += loss.item()
            step += 1
            if step % 20 == 0:
                print(f"torch {step} {losses / 20:.3f}", file=sys.stderr, flush=True)
                losses = 0.0
    seconds = time.perf_counter() - begin
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return seconds


def train_ingot(o, seed, updates, folder):
    config = folder.with_suffix(".yml")
    config.write_text(CONFIG.format(
        train=o.train, encoder=o.encoder, output=folder, seed=seed, batch=o.batch,
        updates=updates, rate=o.rate, warmup=updates // 10), encoding="utf-8")
    stats = folder.with_suffix(".stats")
    subprocess.run([o.ingot, "train", config, "--stats", stats, "--threads",
                    str(o.threads)], check=True)
    return json.load(open(stats))["seconds"]


def answer(o, folder, path, *options):
    predictions = folder.with_suffix(".json")
    subprocess.run([o.ingot, "answer", "-m", folder, "-i", path, "-o", predictions, "-q",
                    "--post-processing", "run_qa", *options], check=True)
    return json.loads(subprocess.run(
        [o.ingot, "score", "squad", "--reference", path, "--hypothesis", predictions, "--json"],
        check=True, capture_output=True, text=True).stdout)


def score(o, folder, path):
    """EM and F1 of all questions, which may have no answer where the file has such; and of those
    with an answer, if each must be answered."""
    data = json.load(open(path, encoding="utf-8"))
    empty = any(not q["answers"] for a in data["data"] for p in a["paragraphs"] for q in p["qas"])
    forced = answer(o, folder, path)
    free = answer(o, folder, path, "--no-answer") if empty else forced
    return [s.get(prefix + key, s.get(key + "_match", s.get(key)))
            for s, prefix in ((free, ""), (forced, "HasAns_")) for key in ("exact", "f1")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot")
    parser.add_argument("encoder", type=pathlib.Path)
    parser.add_argument("train", type=pathlib.Path)
    parser.add_argument("dev", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--programs", default="ingot,torch")
    parser.add_argument("--padding", default="longest", choices=["longest", "max_length"])
    parser.add_argument("--more", nargs="*", default=[], type=pathlib.Path)
    for name, value in ("epochs", 6), ("batch", 16), ("updates", 0), \
            ("threads", os.cpu_count()):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--rate", type=float, default=2e-4)
    o = parser.parse_args()
    import transformers as t

    o.folder.mkdir(parents=True, exist_ok=True)
    tokenizer = t.AutoTokenizer.from_pretrained(o.encoder)
    windows = features(tokenizer, o.train)
    updates = o.updates or o.epochs * math.ceil(len(windows) / o.batch)
    print("program,seed,updates,seconds,file,exact,f1,has_answer_exact,has_answer_f1", flush=True)
    for seed in map(int, o.seeds.split(",")):
        for program in o.programs.split(","):
            folder = o.folder / f"{program}-{seed}"
            if program == "torch":
                seconds = train_torch(o, tokenizer, windows, seed, updates, folder)
                answerer = folder
            else:
                seconds = train_ingot(o, seed, updates, folder)
                answerer = folder / "latest"
            for path in [o.dev, *o.more]:
                s = score(o, answerer, path)
                print(f"{program},{seed},{updates},{seconds:.1f},{path.name}," + ",".join(
                    f"{x:.2f}" for x in s), flush=True)


sys.exit(main())
