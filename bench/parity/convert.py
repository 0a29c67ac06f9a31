#!/usr/bin/env python3
"""Compares models that `ingot convert` wrote with what transformers (5.23) reads of the originals.

Usage: convert.py INGOT [--wrong]

Each family is made small and random, saved by torch.save in both forms, as one file and as shards,
and converted; what transformers opens must have the same logits, bit for bit, or after the same
rounding. The names in the file must be those that save_pretrained writes, but for tables that
transformers computes. --wrong is the negative control: a weight is changed before the conversion,
and the comparison must fail."""
import argparse
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers as t
from safetensors import safe_open

SIZES = dict(d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
             decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=24, vocab_size=50,
             max_position_embeddings=32, dropout=0.0)
T5_SIZES = dict(d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, vocab_size=50)


def with_own_head(model):
    """transformers 5 ties T5's head whatever the configuration says, unless values differ."""
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    return model


MODELS = {
    "marian": lambda: t.MarianMTModel(t.MarianConfig(
        **SIZES, pad_token_id=49, eos_token_id=0, decoder_start_token_id=49)),
    "marian-apart": lambda: t.MarianMTModel(t.MarianConfig(
        **SIZES, pad_token_id=49, eos_token_id=0, decoder_start_token_id=49,
        decoder_vocab_size=50, share_encoder_decoder_embeddings=False)),
    "bart": lambda: t.BartForConditionalGeneration(t.BartConfig(**SIZES)),
    "mbart": lambda: t.MBartForConditionalGeneration(t.MBartConfig(**SIZES)),
    "m2m_100": lambda: t.M2M100ForConditionalGeneration(t.M2M100Config(**SIZES)),
    "pegasus": lambda: t.PegasusForConditionalGeneration(t.PegasusConfig(**SIZES)),
    "t5": lambda: t.T5ForConditionalGeneration(t.T5Config(**T5_SIZES)),
    "t5-v1.1": lambda: with_own_head(t.T5ForConditionalGeneration(t.T5Config(
        **T5_SIZES, feed_forward_proj="gated-gelu", tie_word_embeddings=False))),
    "umt5": lambda: t.UMT5ForConditionalGeneration(t.UMT5Config(**T5_SIZES)),
}
COMPUTED = ("embed_positions.weight", "embed_positions.weights")
INDEX = "pytorch_model.bin.index.json"


def save(model, directory, form):
    model.config.save_pretrained(directory)
    state = model.state_dict()
    if form != "shards":
        torch.save(state, directory / "pytorch_model.bin",
                   _use_new_zipfile_serialization=form == "zip")
        return
    weight_map = {}
    for number, names in enumerate((list(state)[::2], list(state)[1::2])):
        file = f"pytorch_model-{number + 1:05}-of-00002.bin"
        torch.save({name: state[name] for name in names}, directory / file)
        weight_map |= {name: file for name in names}
    (directory / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


def logits(model):
    ids = torch.arange(2, 14).reshape(2, 6)
    with torch.no_grad():
        return model.eval()(input_ids=ids, decoder_input_ids=ids + 20).logits.float()


def names(directory):
    with safe_open(directory / "model.safetensors", "pt") as file:
        return {name for name in file.keys() if not name.endswith(COMPUTED)}


def compare(ingot, name, form, dtype, wrong):
    torch.manual_seed(3)
    model = MODELS[name]()
    with tempfile.TemporaryDirectory() as folder:
        original, out, own = (pathlib.Path(folder) / part for part in ("a", "b", "c"))
        original.mkdir()
        copy.deepcopy(model).to(dtype).save_pretrained(own)
        expected = type(model).from_pretrained(own)
        if wrong:
            with torch.no_grad():
                next(p for n, p in model.named_parameters() if "fc1" in n or "wi" in n)[0, 0] += 0.5
        save(model, original, form)
        subprocess.run([ingot, "convert", original, "-o", out, "--quiet", "--type",
                        str(dtype).removeprefix("torch.")], check=True)
        converted, info = type(model).from_pretrained(out, output_loading_info=True)
        problems = [key for key in ("missing_keys", "mismatched_keys") if info[key]]
        if names(out) != names(own):
            problems.append(f"names {sorted(names(out) ^ names(own))}")
        if converted.dtype != dtype:
            problems.append(f"opened as {converted.dtype}")
        if not torch.equal(logits(expected), logits(converted)):
            problems.append("logits differ")
        return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ingot")
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    failed = 0
    for name in MODELS:
        for form in ("zip", "legacy", "shards"):
            for dtype in (torch.float32, torch.bfloat16, torch.float16):
                problems = compare(options.ingot, name, form, dtype, options.wrong)
                failed += bool(problems)
                if problems and not options.wrong:
                    print(f"{name} {form} {dtype}: {'; '.join(problems)}")
    print(f"{len(MODELS) * 9} conversions, {failed} differ")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
