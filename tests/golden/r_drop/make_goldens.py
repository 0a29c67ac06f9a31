#!/usr/bin/env python3
"""The loss of R-Drop over an output layer, and its gradients, by automatic differentiation.

    python tests/golden/r_drop/make_goldens.py

NAME.safetensors: `hidden` (2 rows, d), row r and row r + rows being one token under two draws of
dropout, `weight` (V, d), `bias` (V), `targets` (rows; -1: not counted), `settings` (label
smoothing, weight of the divergence), and what comes of them: `sums` (loss, nll, divergence, all
summed over counted tokens), `dhidden`, `dweight`, `dbias` of the loss over the number of counted
tokens. The formula is that of the authors' README: half of both cross-entropies, and the weight
times half of both divergences. Made with torch 2.13, in float64."""
import pathlib

import torch
import torch.nn.functional as f
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent


def make(name, rows, d, vocabulary, smoothing, weight, seed):
    torch.manual_seed(seed)
    draw = lambda *shape: torch.randn(*shape, dtype=torch.float64).float().double()
    hidden, matrix, bias = draw(2 * rows, d), 0.3 * draw(vocabulary, d), draw(vocabulary)
    matrix = matrix.float().double()
    targets = torch.randint(0, vocabulary, (rows,))
    targets[1] = -1
    for leaf in hidden, matrix, bias:
        leaf.requires_grad_()
    counted = targets >= 0
    logits = hidden @ matrix.T + bias
    pair = logits[:rows][counted], logits[rows:][counted]
    expected = targets[counted]
    mean = lambda smooth: sum(f.cross_entropy(half, expected, label_smoothing=smooth,
                                              reduction="sum") for half in pair) / 2
    p, q = (half.log_softmax(-1) for half in pair)
    kl = lambda a, b: f.kl_div(b, a, log_target=True, reduction="sum")
    divergence = (kl(p, q) + kl(q, p)) / 2
    loss = mean(smoothing) + weight * divergence
    (loss / counted.sum()).backward()
    out = dict(hidden=hidden, weight=matrix, bias=bias, targets=targets,
               settings=torch.tensor([smoothing, weight]),
               sums=torch.stack([loss, mean(0.0), divergence]), dhidden=hidden.grad,
               dweight=matrix.grad, dbias=bias.grad)
    save_file({key: value.detach().float().contiguous() for key, value in out.items()},
              HERE / f"{name}.safetensors")


make("plain", 5, 6, 11, 0.0, 1.0, 1)
make("smoothed", 7, 4, 19, 0.1, 5.0, 2)
