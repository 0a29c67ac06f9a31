#!/usr/bin/env python3
"""Loss and gradients of training in bfloat16, by PyTorch: linear layers whose products, forward and
backward, round both operands.

    python tests/golden/bf16_training/make_goldens.py

The models are those of other goldens. NAME.safetensors has the batch, the loss and the gradient of
every parameter: g/ with rounding to nearest, t/ with the lower bits cut off, which the test must
tell apart. All but the rounding is computed in float64. Made with transformers 5.23 and torch
2.13."""
import pathlib

import torch
import transformers as t
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
MODELS = ["marian_tiny", "t5_v1_1_tiny"]


def to_nearest(x):
    return x.float().bfloat16().double()


def cut_off(x):
    return (x.float().view(torch.int32) & -65536).view(torch.float32).double()


rounded = to_nearest


class RoundedLinear(torch.autograd.Function):
    """y = x W^T, dx = dy W, dW = dy^T x, each of rounded operands."""

    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(x, weight)
        return rounded(x) @ rounded(weight).T

    @staticmethod
    def backward(ctx, dy):
        x, weight = ctx.saved_tensors
        dy = rounded(dy)
        rows = lambda z: z.reshape(-1, z.shape[-1])
        return dy @ rounded(weight), rows(dy).T @ rows(rounded(x))


def linear(self, x):
    y = RoundedLinear.apply(x, self.weight)
    return y if self.bias is None else y + self.bias


torch.nn.Linear.forward = linear


def gradients(model, sources, inputs, targets):
    model.zero_grad()
    loss = 0
    for source, given, target in zip(sources, inputs, targets):
        logits = model(input_ids=source[None], decoder_input_ids=given[None]).logits[0]
        loss = loss + torch.nn.functional.cross_entropy(logits, target, reduction="sum")
    loss = loss / sum(map(len, targets))
    loss.backward()
    # A table of sinusoids has no gradient.
    return loss.detach(), {key: weight.grad.clone() for key, weight in model.named_parameters()
                           if weight.grad is not None}


def make(name, seed):
    global rounded
    model = t.AutoModelForSeq2SeqLM.from_pretrained(HERE.parent / name, dtype=torch.float64).train()
    generator = torch.Generator().manual_seed(seed)
    draw = lambda n: torch.randint(3, min(model.config.vocab_size, 50), (n,), generator=generator)
    sources, targets = [draw(n) for n in (9, 3, 7)], [draw(n) for n in (4, 8, 5)]
    start = torch.tensor([model.config.decoder_start_token_id])
    inputs = [torch.cat([start, target[:-1]]) for target in targets]
    out = {}
    for prefix, rounded in ("t/", cut_off), ("g/", to_nearest):
        loss, found = gradients(model, sources, inputs, targets)
        out |= {"loss": loss.reshape(1)} | {prefix + key: value for key, value in found.items()}
    for key, rows in ("source", sources), ("input", inputs), ("output", targets):
        out[key] = torch.cat(rows)
        out[key + "_lengths"] = torch.tensor([len(row) for row in rows])
    save_file({key: value.float().contiguous() for key, value in out.items()},
              HERE / f"{name}.safetensors")


for seed, name in enumerate(MODELS):
    make(name, seed)
