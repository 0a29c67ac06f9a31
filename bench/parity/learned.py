#!/usr/bin/env python3
"""Compares learned fusion with PyTorch's automatic differentiation:

    python bench/parity/learned.py INGOT [--families marian,t5,bart] [--steps N] [--wrong]

For each family a base and two models of random weights are made (by one update of `ingot train`),
and Ingot learns a coefficient for each tensor, for each row, or for all, from all pairs in each
step, by the cross-entropy of the targets or by the entropy of what the fused model says of them.
The reference is transformers' model in float64 on weights base + sum of coefficient * difference,
differentiated with respect to the coefficients, and Adam as torch.optim has it. Compared are the
loss before each step (relative 1e-5), the coefficients (1e-4 where the gradient is not nearly zero:
Adam divides by its magnitude), and the loss of the directory that was written. --wrong multiplies a
coefficient of the reference by 1.01: the comparison must fail. Needs torch and transformers."""
import argparse
import dataclasses
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
from safetensors.torch import load_file
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


@dataclasses.dataclass
class Learning:
    data: str  # lines of the recipe
    granularity: str
    steps: int
    batch: int
    loss: str = "references"
    rows: str = ""  # the file that coefficients of rows go into


def learn(ingot, folder, models, how):
    recipe = folder / "recipe.yml"
    recipe.write_text(f"""
merge_method: learned
base_model: {models[0]}
models: [{{model: {models[1]}}}, {{model: {models[2]}}}]
learn:
{how.data}
  granularity: {how.granularity}
{f"  coefficients: {how.rows}" if how.rows else ""}
  loss: {how.loss}
  steps: {how.steps}
  batch_sentences: {how.batch}
  validate_every: 1
  patience: 0
""")
    output = folder / f"fused-{how.granularity}-{how.loss}"
    run(ingot, "fuse", recipe, "-o", output, "-q")
    return output, json.loads((output / "fusion.json").read_text())


class Reference:
    def __init__(self, directory, lines, loss):
        self.entropy = loss == "entropy"
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
            if self.entropy:
                total = total + torch.distributions.Categorical(logits=logits).entropy().sum()
            else:
                total = total + torch.nn.functional.cross_entropy(logits, target, reduction="sum")
            tokens += len(target)
        return total / tokens


def places_of(found, names):
    """Where the coefficients of each tensor are among those of a model; None: it is not learned."""
    groups = found["learned"]["groups"]
    weights = found["recipe"]["models"][0]["parameters"]["weight"]
    learned_tensors = {w["tensors"] for w in weights if "tensors" in w}
    first = {k: groups.index(k) if len(groups) > 1 else 0 for k in names if k in learned_tensors}
    return {k: slice(first[k], first[k] + 1) if k in first else None for k in names}


def places_of_rows(rows, names):
    """The same of a file of coefficients of rows."""
    places, first = {k: None for k in names}, 0
    for name, tensor in rows.items():
        places[name] = slice(first, first + tensor.shape[1])
        first += tensor.shape[1]
    return places


def scaled(values, place, difference):
    """A difference of tensors, or each of its rows, times its coefficient."""
    shape = [-1 if i == 0 else 1 for i in range(difference.dim())]
    return values[place].reshape(shape) * difference


def compare(output, found, models, read, wrong, rows=None):
    """read: makes a reference of a model's directory. rows: the file of coefficients of rows."""
    learned = found["learned"]
    reference = read(models[0])
    named = [dict(read(m).model.named_parameters()) for m in models]
    if rows:
        file = load_file(rows)
        places = places_of_rows(file, named[0])
        ours = torch.cat(list(file.values()), 1).double()
    else:
        places = places_of(found, named[0])
        ours = torch.tensor([learned["coefficients"][str(m)] for m in models[1:]],
                            dtype=torch.double)
    states = [{k: p.detach() for k, p in s.items()} for s in named]
    values = torch.full(ours.shape, 0.5, dtype=torch.double, requires_grad=True)
    adam = torch.optim.Adam([values], lr=0.02, betas=(0.9, 0.999), eps=1e-8)
    kept = gradients = None
    for row in learned["history"]:
        fused = {k: states[0][k] if place is None else states[0][k] +
                 sum(scaled(values[i], place, states[i + 1][k] - states[0][k]) for i in range(2))
                 for k, place in places.items()}
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
        kept.view(-1)[gradients.argmax()] *= 1.01
    clear = gradients > 1e-4 * gradients.max()
    apart = ((ours - kept).abs() * clear).max().item()
    if apart > 1e-4:
        return f"coefficients are {apart:.1e} apart"
    written = read(output)
    loss = written.loss(dict(written.model.named_parameters())).item()
    if abs(loss - learned["held_out"]) > 1e-5 * loss:
        return f"the written model's loss is {loss}, told {learned['held_out']}"
    first, last = learned["history"][0]["held_out"], learned["held_out"]
    print(f"{ours.shape[1]} of a model, {len(learned['history'])} losses, {int(clear.sum())} of "
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
            files = f"{{source: {folder}/src, target: {folder}/trg}}"
            for granularity, loss in (("tensor", "references"), ("model", "references"),
                                      ("row", "references"), ("tensor", "entropy")):
                print(f"{family} by {granularity}, {loss}: ", end="", flush=True)
                how = Learning(data=f"  data: {files}\n  valid: {files}", granularity=granularity,
                               steps=options.steps, batch=PAIRS, loss=loss,
                               rows=f"{folder}/rows.safetensors" if granularity == "row" else "")
                output, found = learn(options.ingot, folder, models, how)
                problem = compare(
                    output, found, models,
                    lambda directory, lines=lines, loss=loss: Reference(directory, lines, loss),
                    options.wrong, how.rows)
                if problem:
                    print(problem)
                failed |= problem is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
