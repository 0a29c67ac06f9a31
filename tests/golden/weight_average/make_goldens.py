#!/usr/bin/env python3
"""Averages of weights by torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn.

    python tests/golden/weight_average/make_goldens.py

expected.safetensors: `weights` (updates, values), and for each decay the average after every
update. Made with torch 2.13."""
import pathlib

import torch
from safetensors.torch import save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

UPDATES, VALUES = 6, 40
torch.manual_seed(4)
weights = torch.randn(UPDATES, VALUES).cumsum(0)
out = {"weights": weights}
for decay in 0.3, 0.9, 0.999:
    model = torch.nn.Linear(VALUES, 1, bias=False)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
    after = []
    for row in weights:
        with torch.no_grad():
            model.weight.copy_(row[None])
        average.update_parameters(model)
        after.append(average.module.weight.detach()[0].clone())
    out[f"average {decay}"] = torch.stack(after)
save_file(out, pathlib.Path(__file__).parent / "expected.safetensors")
