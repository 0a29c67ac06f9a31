#!/usr/bin/env python3
"""Trains a small model with train.compute: float32 and bfloat16 and puts their curves side by side.

    bench/training_bf16.py INGOT DATA WORK OUT.csv [--updates N] [--threads N]

DATA has train.en.gz, train.de.gz, dev.en and dev.de (Tatoeba, models/README.md); WORK keeps the
runs, which go on where they were stopped. OUT.csv gets a line every 50 updates: the loss over the
updates since the line before and, every 500, the loss and BLEU (greedy) of validation, in float32.
"""
import argparse
import csv
import datetime
import json
import pathlib
import subprocess

CONFIG = """
data:
  train: {{source: {data}/train.en.gz, target: {data}/train.de.gz}}
  valid: {{source: {data}/dev.en, target: {data}/dev.de}}
  sentencepiece: {{vocab_size: 8000, model_type: unigram, joint: true}}
model: {{family: marian, d_model: 128, encoder_layers: 3, decoder_layers: 2,
        encoder_attention_heads: 4, decoder_attention_heads: 4, encoder_ffn_dim: 512,
        decoder_ffn_dim: 512, dropout: 0.1}}
train:
  output: {output}
  compute: {compute}
  seed: 1
  batch_tokens: 2048
  updates: {updates}
  optimizer: adam
  adam_betas: [0.9, 0.98]
  learning_rate: 0.003
  schedule: inverse_sqrt
  warmup: 300
  label_smoothing: 0.1
  clip_norm: 1.0
  validate_every: 500
  valid_sentences: 500
  best_metric: loss
  log_every: 50
"""
TYPES = ["float32", "bfloat16"]
KEYS = ["loss", "valid_loss", "bleu"]


def train(a, compute):
    config = a.work / f"{compute}.yml"
    config.write_text(CONFIG.format(data=a.data, output=a.work / compute, compute=compute,
                                    updates=a.updates))
    command = [a.ingot, "train", str(config)]
    subprocess.run(command + (["--threads", str(a.threads)] if a.threads else []), check=True)


def curve(work, compute):
    """{update: {key: value}}"""
    lines = {}
    for line in map(json.loads, (work / compute / "metrics.jsonl").open()):
        lines.setdefault(line["update"], {}).update({k: line[k] for k in KEYS if k in line})
    return lines


def describe(a):
    version = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True,
                             text=True, cwd=pathlib.Path(__file__).parent).stdout.strip()
    names = [line for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return [datetime.date.today().isoformat(), version, names[0].split(":")[1].strip()]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("ingot"), p.add_argument("data", type=pathlib.Path)
    p.add_argument("work", type=pathlib.Path), p.add_argument("out", type=pathlib.Path)
    p.add_argument("--updates", type=int, default=2500), p.add_argument("--threads", type=int)
    p.add_argument("--no-training", action="store_true", help="only write what the runs have")
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    if not a.no_training:
        for compute in TYPES:
            train(a, compute)
    curves = [curve(a.work, compute) for compute in TYPES]
    updates = sorted(set(curves[0]) & set(curves[1]))
    with a.out.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        columns = [f"{k}_{t}" for k in KEYS for t in TYPES]
        out.writerow(["date", "commit", "cpu", "update"] + columns)
        for update in updates:
            values = [c[update].get(k) for k in KEYS for c in curves]
            out.writerow(describe(a) + [update] +
                         ["" if v is None else f"{v:.4f}" for v in values])


main()
