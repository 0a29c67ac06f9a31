#!/usr/bin/env python3
"""mergekit 0.1.5's outputs of the recipes of bench/fusion/parity.py on a Marian of some thousand
values.

Written beside this file: the models base, a, b, c; NN.yml, the recipes as Ingot reads them;
expected.safetensors, of each recipe one tensor NN with the values of all tensors of the output, in
the order of their names. Needs mergekit, torch and transformers.
"""

import os
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "bench/fusion"))
import parity
import torch
import yaml
from safetensors.torch import save_file

parity.SMALL = dict(vocab_size=13, d_model=8)
parity.LAYERS = dict(
    encoder_layers=2,
    decoder_layers=2,
    encoder_ffn_dim=6,
    decoder_ffn_dim=6,
    encoder_attention_heads=2,
    decoder_attention_heads=2,
    max_position_embeddings=8,
)


def tiny_marian(kind):
    t = parity.t
    return t.MarianMTModel(
        t.MarianConfig(
            **parity.SMALL,
            **parity.LAYERS,
            pad_token_id=12,
            decoder_start_token_id=12,
            eos_token_id=0,
            forced_eos_token_id=0,
        )
    )


def main():
    parity.new_model = tiny_marian
    os.chdir(HERE)
    for old in HERE.glob("*.yml"):
        old.unlink()
    for name in parity.NAMES:
        shutil.rmtree(name, ignore_errors=True)
    parity.siblings("marian", "float32", HERE)
    names = sorted(parity.tensors(HERE / "a"))
    expected = {}
    with tempfile.TemporaryDirectory() as work:
        for name, recipe in parity.recipes(HERE):
            if name.endswith(", mask"):
                continue  # of the benchmark: what goes before shows the masks too
            theirs = parity.mergekit(recipe, pathlib.Path(work) / "theirs")
            missing = set(names) ^ set(theirs)
            assert not missing, (name, missing)
            number = f"{len(expected) + 1:02}"
            expected[number] = torch.cat([theirs[n].float().reshape(-1) for n in names])
            text = yaml.safe_dump(
                dict(recipe, compatibility="mergekit", rng=dict(kind="torch", seed=1)),
                sort_keys=False,
                default_flow_style=None,
            )
            pathlib.Path(f"{number}.yml").write_text(f"# {name}\n" + text.replace(f"{HERE}/", ""))
    save_file(expected, "expected.safetensors")


main()
