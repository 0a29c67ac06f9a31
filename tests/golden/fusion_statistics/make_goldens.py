#!/usr/bin/env python3
"""Fisher-weighted means and RegMean in PyTorch, from the formulas:

    python tests/golden/fusion_statistics/make_goldens.py INGOT

Written beside this file, for tests/golden/fusion_statistics.c: the models one and two (random
weights, one update of `ingot train` each), pairs of lines; NAME.yml, the recipes (reference and
model are labels of Fisher, merged is RegMean of the fused model's inputs); NAME.safetensors, what
they give, in float64 rounded to float32. The reference is that of bench/parity/fisher_regmean.py.
Needs torch and transformers.
"""
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "bench/parity"))
import fisher_regmean as parity
from safetensors.torch import save_file

parity.PAIRS, parity.TOKENS = 5, 8
SMALL = ("{family: marian, d_model: 8, encoder_layers: 1, decoder_layers: 1, "
         "encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 12, "
         "decoder_ffn_dim: 12, max_position_embeddings: 16}")
FILES = ("config.json", "generation_config.json", "tokenizer_config.json", "vocab.json",
         "model.safetensors")


def keep_model(ingot, folder, name, seed):
    made = parity.make_model(ingot, folder, "small", seed)
    shutil.rmtree(HERE / name, ignore_errors=True)
    (HERE / name).mkdir()
    for file in FILES:
        if (made / file).exists():
            shutil.copy(made / file, HERE / name / file)


def main():
    ingot = pathlib.Path(sys.argv[1]).resolve()
    parity.SIZES["small"] = SMALL
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        pairs = parity.write_all_pairs(folder)
        for seed, name in enumerate(("one", "two"), 1):
            keep_model(ingot, folder, name, seed)
        for name in pairs:
            for suffix in ("src", "trg"):
                shutil.copy(folder / f"{name}.{suffix}", HERE)
    references, values = parity.read_models([HERE / "one", HERE / "two"])
    models = ("one", "two")
    data = parity.data_of_lines("", models)
    for labels in ("reference", "model"):
        statistics = [r.fisher(s, labels) for r, s in zip(references, parity.sets_of(pairs))]
        fused = parity.fisher_mean(values, statistics, parity.WEIGHTS, True)
        save_file({k: v.float().contiguous() for k, v in fused.items()},
                  HERE / f"{labels}.safetensors")
        recipe = parity.fisher_recipe(data, models, labels, True)
        (HERE / f"{labels}.yml").write_text(recipe)
    sets = parity.sets_of(pairs)
    own = [r.grams(s) for r, s in zip(references, sets)]
    case = parity.Case(None, HERE, [HERE / name for name in models], sets, data, parity.Reference,
                       False)
    merged = parity.merged_grams(case, values)
    for name, inputs, grams in (("regmean", "own", own), ("merged", "merged", merged)):
        fused = parity.regression_mean(values, grams, parity.WEIGHTS)
        save_file({k: v.float().contiguous() for k, v in fused.items()},
                  HERE / f"{name}.safetensors")
        (HERE / f"{name}.yml").write_text(parity.regmean_recipe(data, models, inputs))


main()
