#!/usr/bin/env python3
"""Compares learned fusion with PyTorch's automatic differentiation:

    python bench/parity/learned.py INGOT [--families marian,t5,bart] [--steps N] [--wrong]

For each family a base and two models of random weights are made (by one update of `ingot train`),
and Ingot learns a coefficient for each tensor, or for all, from all pairs in each step. The
reference is transformers' model in float64 on weights base + sum of coefficient * difference,
differentiated with respect to the coefficients, and Adam as torch.optim has it. Compared are the
loss before each step (relative 1e-5), the coefficients (1e-4 where the gradient is not nearly zero:
Adam divides by its magnitude), and the loss of the directory that was written. --wrong multiplies a
coefficient of the reference by 1.01: the comparison must fail. Needs torch and transformers."""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")
import torch
import transformers
from torch.func import functional_call

SIZES = {
    "marian": "{family: marian, d_model: 16, encoder_layers: 2, decoder_layers: 2, "
              "encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 24, "
              "decoder_ffn_dim: 32, dropout: 0.1}",
    "t5": "{family: t5, d_model: 16, d_kv: 8, d_ff: 24, num_layers: 2, num_decoder_layers: 2, "
          "num_heads: 2}",
    "bart": "{family: bart, d_model: 16, encoder_layers: 2, decoder_layers: 2, "
            "encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 24, "
            "decoder_ffn_dim: 32, dropout: 0.1}",
}
PAIRS = 12


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")


def write_text(folder):
    draw = random.Random(3)
    lines = [[str(draw.randrange(40)) for _ in range(draw.randrange(2, 9))] for _ in range(PAIRS)]
    (folder / "src").write_text("".join(" ".join(x) + "\n" for x in lines))
    (folder / "trg").write_text("".join(" ".join(reversed(x)) + "\n" for x in lines))
    return lines


def make_model(ingot, folder, family, seed):
    config = folder / "train.yml"
    config.write_text(f"""
data: {{train: {{source: {folder}/src, target: {folder}/trg}}, tokens: whitespace}}
model: {SIZES[family]}
train: {{output: {folder}/{seed}, seed: {seed}, batch_tokens: 100, updates: 1,
        learning_rate: 0.001}}
""")
    run(ingot, "train", config, "-q")
    return folder / str(seed) / "latest"


def learn(ingot, folder, models, granularity, steps):
    recipe = folder / "recipe.yml"
    recipe.write_text(f"""
merge_method: learned
base_model: {models[0]}
models: [{{model: {models[1]}}}, {{model: {models[2]}}}]
learn:
  data: {{source: {folder}/src, target: {folder}/trg}}
  valid: {{source: {folder}/src, target: {folder}/trg}}
  granularity: {granularity}
  steps: {steps}
  batch_sentences: {PAIRS}
  validate_every: 1
  patience: 0
""")
    output = folder / f"fused-{granularity}"
    run(ingot, "fuse", recipe, "-o", output, "-q")
    return output, json.loads((output / "fusion.json").read_text())


class Reference:
    def __init__(self, directory, lines):
        self.model = transformers.AutoModelForSeq2SeqLM.from_pretrained(directory).double().eval()
        for module in self.model.modules():  # whose row training spares, though the loss needs it
            if isinstance(module, torch.nn.Embedding):
                module.padding_idx = None
        config = self.model.config
        words = json.loads((directory / "vocab.json").read_text())
        pairs = [([words[w] for w in x] + [config.eos_token_id],
                  [words[w] for w in reversed(x)] + [config.eos_token_id]) for x in lines]
        start = config.decoder_start_token_id
        self.batches = [(torch.tensor([s]), torch.tensor([[start] + t[:-1]]), torch.tensor(t))
                        for s, t in pairs]

    def loss(self, values):
        total, tokens = 0.0, 0
        for source, shifted, target in self.batches:
            logits = functional_call(self.model, values, kwargs=dict(
                input_ids=source, decoder_input_ids=shifted)).logits[0]
            total = total + torch.nn.functional.cross_entropy(logits, target, reduction="sum")
            tokens += len(target)
        return total / tokens


def compare(output, found, models, lines, steps, wrong):
    learned = found["learned"]
    groups = learned["groups"]
    reference = Reference(models[0], lines)
    named = [dict(Reference(m, lines).model.named_parameters()) for m in models]
    weights = found["recipe"]["models"][0]["parameters"]["weight"]
    learned_tensors = {w["tensors"] for w in weights if "tensors" in w}
    trained = {k: None if k not in learned_tensors else groups.index(k) if len(groups) > 1 else 0
               for k in named[0]}
    states = [{k: p.detach() for k, p in s.items()} for s in named]
    values = torch.full((2, len(groups)), 0.5, dtype=torch.double, requires_grad=True)
    adam = torch.optim.Adam([values], lr=0.02, betas=(0.9, 0.999), eps=1e-8)
    kept = gradients = None
    for row in learned["history"]:
        fused = {k: states[0][k] if g is None else states[0][k] +
                 sum(values[i, g] * (states[i + 1][k] - states[0][k]) for i in range(2))
                 for k, g in trained.items()}
        loss = reference.loss(fused)
        if abs(loss.item() - row["held_out"]) > 1e-5 * abs(loss.item()):
            return f"step {row['step']}: loss {row['held_out']}, PyTorch's {loss.item()}"
        adam.zero_grad()
        loss.backward()
        if row["step"] == learned["steps"]:
            kept = values.detach().clone()
        if row["step"] == 0:
            gradients = values.grad.abs()
        adam.step()
    if wrong:
        kept[0, 0] *= 1.01
    ours = torch.tensor([learned["coefficients"][str(m)] for m in models[1:]], dtype=torch.double)
    clear = gradients > 1e-4 * gradients.max()
    apart = ((ours - kept).abs() * clear).max().item()
    if apart > 1e-4:
        return f"coefficients are {apart:.1e} apart"
    written = Reference(output, lines)
    loss = written.loss(dict(written.model.named_parameters())).item()
    if abs(loss - learned["held_out"]) > 1e-5 * loss:
        return f"the written model's loss is {loss}, told {learned['held_out']}"
    first, last = learned["history"][0]["held_out"], learned["held_out"]
    print(f"{len(groups)} of a model, {len(learned['history'])} losses, {int(clear.sum())} of "
          f"{clear.numel()} coefficients at most {apart:.1e} apart; loss {first:.4f} to {last:.4f}")
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot", type=lambda name: pathlib.Path(name).resolve())
    parser.add_argument("--families", default=",".join(SIZES))
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    failed = False
    for family in options.families.split(","):
        with tempfile.TemporaryDirectory() as work:
            folder = pathlib.Path(work)
            lines = write_text(folder)
            models = [make_model(options.ingot, folder, family, seed) for seed in (1, 2, 3)]
            for granularity in ("tensor", "model"):
                print(f"{family} by {granularity}: ", end="", flush=True)
                output, found = learn(options.ingot, folder, models, granularity, options.steps)
                problem = compare(output, found, models, lines, options.steps, options.wrong)
                if problem:
                    print(problem)
                failed |= problem is not None
    return 1 if failed else 0


sys.exit(main())
