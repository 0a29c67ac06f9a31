"""Methods that mergekit has not, beside numpy and peft: beyond.py [--ingot FILE] [--base DIR ...]
[METHOD ...]

Small random siblings of a BART are fused by Ingot, and by numpy straight from the formulas. One
line a method: the largest difference, relative to the largest magnitude of the tensor. Needs torch
and transformers (to make the models) and numpy; extract_lora also peft.

extract_lora: of small random Marian and T5 models (or of each --base), whose linear layers are
tuned at random, and an adapter of rank 8 in the encoder and 5 elsewhere. Four lines each: singular
values beside numpy's; the error |D - B A| beside the least that any matrix of that rank has, as a
ratio less 1; the model that peft makes of the base and the adapter (PeftModel.from_pretrained,
merge_and_unload) beside base + numpy's matrix; and Ingot's own BASE+ADAPTER likewise.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np
import torch
import transformers as t
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ["base", "a", "b", "c"]


def new_model():
    return t.BartForConditionalGeneration(
        t.BartConfig(
            vocab_size=512,
            d_model=64,
            encoder_layers=3,
            decoder_layers=2,
            encoder_ffn_dim=192,
            decoder_ffn_dim=192,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            max_position_embeddings=64,
        )
    )


def siblings(folder):
    torch.manual_seed(1)
    model = new_model()
    base = {name: value.clone() for name, value in model.named_parameters()}
    for sibling in NAMES:
        with torch.no_grad():
            for name, value in model.named_parameters():
                value.copy_(
                    base[name]
                    if sibling == "base"
                    else base[name] + 0.02 * torch.randn(value.shape)
                )
        model.save_pretrained(folder / sibling)


def mean_elsewhere(method):
    """Only matrices have singular values."""
    return lambda base, x: (
        method(base, x)
        if base.ndim == 2 and min(base.shape) >= len(x)
        else base + sum(v - base for v in x) / len(x)
    )


@mean_elsewhere
def iso_c(base, x):
    u, s, vh = np.linalg.svd(sum(v - base for v in x), full_matrices=False)
    return base + s.mean() * u @ vh


@mean_elsewhere
def tsv_m(base, x):
    kept = min(base.shape) // len(x)
    parts = [np.linalg.svd(v - base, full_matrices=False) for v in x]
    u = np.concatenate([u[:, :kept] for u, s, vh in parts], axis=1)
    s = np.concatenate([s[:kept] for u, s, vh in parts])
    vh = np.concatenate([vh[:kept] for u, s, vh in parts])

    def nearest(m):
        left, _, right = np.linalg.svd(m, full_matrices=False)
        return left @ right

    return base + nearest(u) * s @ nearest(vh)


def ema(base, x):
    average = x[0]
    for v in x[1:]:
        average = 0.9 * average + 0.1 * v
    return average


def per_tensor(method):
    return lambda models: {
        name: method(models["base"][name], [models[m][name] for m in "abc"])
        for name in models["base"]
    }


def ties_of_model(models):
    """As in the paper: of each model's whole task vector the largest values, here exactly
    int(density n) of them, equal ones by their place."""
    names = sorted(models["base"])
    vectors = []
    for model, density in zip("abc", DENSITIES):
        # Differences are float32, as they are where they are compared.
        vector = np.concatenate(
            [
                (models[model][n].astype(np.float32) - models["base"][n].astype(np.float32)).ravel()
                for n in names
            ]
        )
        kept = np.argsort(-np.abs(vector), kind="stable")[: int(density * vector.size)]
        trimmed = np.zeros(vector.size)
        trimmed[kept] = vector[kept]
        vectors.append(trimmed)
    vectors = np.stack(vectors)
    sign = np.where(vectors.sum(axis=0) >= 0, 1, -1)
    agree = vectors * sign > 0
    merged = (vectors * agree).sum(axis=0) / np.maximum(agree.sum(axis=0), 1)
    out, at = {}, 0
    for n in names:
        base = models["base"][n]
        out[n] = base + merged[at : at + base.size].reshape(base.shape)
        at += base.size
    return out


def in_bfloat16(method):
    """Few bits: many equal magnitudes at every threshold."""

    def rounded(model):
        return {n: torch.from_numpy(x).bfloat16().double().numpy() for n, x in model.items()}

    return lambda models: method({name: rounded(model) for name, model in models.items()})


DENSITIES = (0.2, 0.35, 0.0701)
METHODS = {
    "ties, scope: model": (
        ties_of_model,
        "merge_method: ties\nparameters: {scope: model, weight: 1}",
    ),
    "ties, scope: model, of bfloat16": (
        in_bfloat16(ties_of_model),
        "merge_method: ties\ndtype: bfloat16\nout_dtype: float32\n"
        "parameters: {scope: model, weight: 1}",
    ),
    "iso_c": (per_tensor(iso_c), "merge_method: iso_c"),
    "tsv_m": (per_tensor(tsv_m), "merge_method: tsv_m"),
    "ema": (per_tensor(ema), "merge_method: ema\nparameters: {decay: 0.9}"),
}


def recipe(text, folder, parameters=("", "", "")):
    models = ", ".join(f"{{model: {folder / name}{p}}}" for name, p in zip("abc", parameters))
    return f"{text}\nbase_model: {folder / 'base'}\nmodels: [{models}]\n"


def worst(theirs, ours):
    assert theirs.keys() == ours.keys()
    return max(
        (np.abs(theirs[name] - ours[name]).max() / max(np.abs(theirs[name]).max(), 1e-30), name)
        for name in theirs
    )


def fuse(ingot, text, work, name):
    (work / f"{name}.yml").write_text(text)
    subprocess.run([ingot, "fuse", "-q", work / f"{name}.yml", "-o", work / name], check=True)
    return work / name


# ---- extract_lora ------------------------------------------------------------


def small_models(folder):
    sizes = dict(
        vocab_size=512,
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_ffn_dim=96,
        decoder_ffn_dim=96,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        max_position_embeddings=64,
    )
    t5 = dict(
        vocab_size=512,
        d_model=64,
        d_kv=16,
        d_ff=96,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=0,
    )
    torch.manual_seed(1)
    for name, model in {
        "marian": t.MarianMTModel(
            t.MarianConfig(**sizes, pad_token_id=511, decoder_start_token_id=511, eos_token_id=0)
        ),
        "t5": t.T5ForConditionalGeneration(t.T5Config(**t5)),
        "t5-v1_1": t.T5ForConditionalGeneration(
            t.T5Config(**t5, feed_forward_proj="gated-gelu", tie_word_embeddings=False)
        ),
    }.items():
        model.save_pretrained(folder / name)
        yield folder / name


def tune(base, folder):
    """Linear layers but for one get a difference whose singular values fall, biases and norms
    another, which no adapter holds. Returns the names of those layers."""
    torch.manual_seed(2)
    model = t.AutoModelForSeq2SeqLM.from_pretrained(base)
    changed = []
    with torch.no_grad():
        for name, module in model.named_modules():
            if (
                isinstance(module, torch.nn.Linear)
                and module.weight is not model.get_input_embeddings().weight
            ):
                u, s, vh = torch.linalg.svd(torch.randn(module.weight.shape), full_matrices=False)
                changed.append(name)
                module.weight += (
                    0.05 * (u * s * 0.9 ** torch.arange(len(s))) @ vh if len(changed) > 1 else 0
                )
            elif "norm" in name and hasattr(module, "weight"):
                module.weight += 0.1
    model.save_pretrained(folder)
    return changed[1:]


def load(folder):
    return {
        name: value.astype(np.float64)
        for name, value in load_file(folder / "model.safetensors").items()
    }


def relative(ours, theirs):
    return np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30)


def extract_lora(ingot, base, work):
    import peft

    work.mkdir()
    layers = tune(base, work / "tuned")
    recipe = (
        f"merge_method: extract_lora\nbase_model: {base}\nmodels: [{{model: {work / 'tuned'}}}]\n"
        "parameters: {rank: [{select: encoder, value: 8}, {value: 5}]}\n"
    )
    adapter = fuse(ingot, recipe, work, "adapter")
    fused = load(
        fuse(
            ingot,
            f"merge_method: passthrough\nmodels: [{{model: {base}+{adapter}}}]\n",
            work,
            "applied",
        )
    )
    merged = peft.PeftModel.from_pretrained(
        t.AutoModelForSeq2SeqLM.from_pretrained(base), adapter
    ).merge_and_unload()
    merged = {name: value.double().numpy() for name, value in merged.state_dict().items()}
    parts = {
        name: value.astype(np.float64)
        for name, value in load_file(adapter / "adapter_model.safetensors").items()
    }
    assert parts.keys() == {
        f"base_model.model.{name}.lora_{part}.weight" for name in layers for part in "AB"
    }
    before, after = load(base), load(work / "tuned")
    values = error = of_peft = of_ingot = 0.0
    for name in fused:
        best = before[name]
        layer = name.removesuffix(".weight")
        if layer in layers:
            rank = 8 if ".encoder." in f".{name}" else 5
            d = after[name] - before[name]
            u, s, vh = np.linalg.svd(d, full_matrices=False)
            a, b = (parts[f"base_model.model.{layer}.lora_{part}.weight"] for part in "AB")
            assert a.shape[0] == 8
            values = max(
                values,
                relative((a**2).sum(axis=1)[:rank], s[:rank]),
                relative((b**2).sum(axis=0)[:rank], s[:rank]),
            )
            error = max(error, abs(np.linalg.norm(d - b @ a) / np.linalg.norm(s[rank:]) - 1))
            best = best + u[:, :rank] * s[:rank] @ vh[:rank]
        of_peft, of_ingot = max(of_peft, relative(merged[name], best)), max(
            of_ingot, relative(fused[name], best)
        )
    for what, difference in zip(
        ("singular values", "error", "peft", "BASE+ADAPTER"), (values, error, of_peft, of_ingot)
    ):
        print(
            f'"extract_lora, {base.name}: {what}",{difference:.3g},{len(layers)} layers', flush=True
        )


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--ingot", default=ROOT / "build/ingot"), p.add_argument("method", nargs="*")
    p.add_argument(
        "--base",
        type=pathlib.Path,
        action="append",
        help="a model for extract_lora, in place of small ones",
    )
    a = p.parse_args()
    print("method,difference,tensor")
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        siblings(work)
        models = {name: load(work / name) for name in NAMES}
        for name, (method, text) in METHODS.items():
            if a.method and name not in a.method:
                continue
            thinned = (
                [f", parameters: {{density: {d}}}" for d in DENSITIES]
                if name.startswith("ties")
                else [""] * 3
            )
            out = fuse(a.ingot, recipe(text, work, thinned), work, name)
            difference, tensor = worst(method(models), load_file(out / "model.safetensors"))
            print(f'"{name}",{difference:.3g},{tensor}', flush=True)
        if not a.method or "extract_lora" in a.method:
            for base in a.base or small_models(work):
                extract_lora(a.ingot, base, work / f"lora-{base.name}")
    return 0


sys.exit(main())
