"""Fused models beside mergekit's: parity.py [--ingot FILE] [--kinds marian,bart,t5,m2m100] [--dtypes float32,bfloat16] [RECIPE ...]

Small random siblings of each architecture are fused by both, with gradients, filters and mergekit's random numbers. One line a recipe: the largest difference; of
float32 relative to the largest magnitude of the tensor, of bfloat16 in units of the last place of the largest value that went in or came out.
Needs mergekit 0.1.5, torch and transformers.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers as t
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors import safe_open

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ["base", "a", "b", "c"]
SMALL = dict(vocab_size=512, d_model=64)
LAYERS = dict(encoder_layers=3, decoder_layers=2, encoder_ffn_dim=128, decoder_ffn_dim=128, encoder_attention_heads=4, decoder_attention_heads=4,
              max_position_embeddings=64)


def new_model(kind):
    if kind == "marian":
        return t.MarianMTModel(t.MarianConfig(**SMALL, **LAYERS, pad_token_id=511, decoder_start_token_id=511, eos_token_id=0))
    if kind == "bart":
        return t.BartForConditionalGeneration(t.BartConfig(**SMALL, **LAYERS))
    if kind == "m2m100":
        return t.M2M100ForConditionalGeneration(t.M2M100Config(**SMALL, **LAYERS))
    if kind == "t5":  # version 1.1: the original's single head is more than mergekit takes
        return t.T5ForConditionalGeneration(t.T5Config(**SMALL, d_kv=16, d_ff=128, num_layers=3, num_heads=4, feed_forward_proj="gated-gelu",
                                                       tie_word_embeddings=False))
    raise SystemExit(f"unknown kind {kind}")


def siblings(kind, dtype, folder):
    torch.manual_seed(1)
    model = new_model(kind)
    base = {name: value.clone() for name, value in model.named_parameters()}
    for sibling in NAMES:
        with torch.no_grad():
            for name, value in model.named_parameters():
                value.copy_(base[name] if sibling == "base" else base[name] + 0.02 * torch.randn(value.shape))
            if hasattr(model, "final_logits_bias"):
                model.final_logits_bias.copy_(0.02 * torch.randn(model.final_logits_bias.shape))
        model.to(getattr(torch, dtype)).save_pretrained(folder / sibling)
        model.float()


def recipes(folder):
    path = {name: str(folder / name) for name in NAMES}
    base = dict(base_model=path["base"])
    gradient = [0.1, 0.9, 0.5]

    def recipe(method, models, **more):
        entries = [dict(model=path[name], parameters=p) if p else dict(model=path[name]) for name, p in models]
        return dict(merge_method=method, models=entries, **more)

    two = [("a", dict(weight=0.7)), ("b", dict(weight=0.4))]
    three = two + [("c", dict(weight=0.5))]
    plain = [(name, None) for name in "abc"]
    filtered = dict(weight=[dict(filter="self_attn", value=0.7), dict(value=0.2)])
    yield "linear", recipe("linear", three)
    yield "linear, gradient and filter", recipe("linear", [("a", dict(weight=gradient)), ("b", filtered)], parameters=dict(normalize=False))
    yield "slerp", recipe("slerp", plain[:2], base_model=path["a"], parameters=dict(t=0.4))
    yield "slerp, gradient", recipe("slerp", plain[:2], base_model=path["a"], parameters=dict(t=[dict(filter="fc1", value=gradient), dict(value=0.3)]))
    yield "nearswap", recipe("nearswap", [("base", None), ("b", None)], **base, parameters=dict(t=0.001))
    yield "passthrough", recipe("passthrough", [("a", dict(scale=0.5))])
    yield "task_arithmetic", recipe("task_arithmetic", [("a", dict(weight=0.6)), ("b", dict(weight=0.4)), ("c", dict(weight=-0.3))], **base)
    for method in ["ties", "breadcrumbs", "breadcrumbs_ties"]:
        thinned = [("a", dict(weight=1.0, density=0.5)), ("b", dict(weight=0.7, density=[0.2, 0.8])), ("c", dict(weight=0.4, density=0.3))]
        yield method, recipe(method, thinned, **base)
        options = {"normalize": True, "rescale": True, "lambda": 0.8}
        yield method + ", rescaled", recipe(method, [("a", dict(weight=1.0, density=0.5)), ("b", dict(weight=0.7, density=0.29))], **base, parameters=options)
    for method in ["dare_ties", "dare_linear", "della", "della_linear"]:
        yield method, recipe(method, [("a", dict(weight=1.0, density=0.5)), ("b", dict(weight=0.7, density=0.6))], **base)
    yield "model_stock", recipe("model_stock", plain, **base)
    yield "model_stock, by rows", recipe("model_stock", plain, **base, parameters=dict(filter_wise=True))
    for name, options in [("nuslerp", {}), ("nuslerp, by rows", dict(nuslerp_flatten=False)),
                          ("nuslerp, by columns", dict(nuslerp_flatten=False, nuslerp_row_wise=True))]:
        yield name, recipe("nuslerp", two, parameters=options)
        yield name + ", base", recipe("nuslerp", two, **base, parameters=options)
    yield "multislerp", recipe("multislerp", three)
    yield "multislerp, base", recipe("multislerp", three, **base)
    yield "multislerp, weights as they are", recipe("multislerp", three, **base, parameters=dict(normalize_weights=False))
    yield "karcher", recipe("karcher", plain)
    yield "karcher, base", recipe("karcher", plain[:2], **base, parameters=dict(max_iter=50, tol=1e-9))
    yield "sce", recipe("sce", plain, **base)
    yield "sce, top 0.3", recipe("sce", plain, **base, parameters=dict(select_topk=0.3))
    yield "ram", recipe("ram", plain, **base, parameters=dict(epsilon=0.02))
    yield "ramplus_tl", recipe("ramplus_tl", plain, **base, parameters=dict(epsilon=0.02, r=0.3, alpha=0.4))
    yield "arcee_fusion", recipe("arcee_fusion", plain[:1], **base)


def tensors(folder):
    found = {}
    for path in pathlib.Path(folder).glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            found.update({name: file.get_tensor(name) for name in file.keys()})
    return found


def distance(theirs, ours, inputs, dtype):
    worst = (0.0, "")
    for name in theirs.keys() & ours.keys():
        x, y = theirs[name].double(), ours[name].double()
        scale = x.abs().max().clamp_min(1e-30)
        if dtype == "bfloat16":
            largest = torch.stack([x.abs(), y.abs()] + [i[name].double().abs() for i in inputs if name in i]).amax(0)
            scale = largest.clamp_min(1e-30).log2().floor().exp2() * 2**-7
        worst = max(worst, (((x - y).abs() / scale).max().item(), name))
    return worst


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--ingot", default=ROOT / "build/ingot"), p.add_argument("recipe", nargs="*")
    p.add_argument("--kinds", default="marian,bart,t5,m2m100"), p.add_argument("--dtypes", default="float32,bfloat16")
    a = p.parse_args()
    failed = False
    print("kind,dtype,recipe,difference,tensor")
    with tempfile.TemporaryDirectory() as work:
        for kind in a.kinds.split(","):
            for dtype in a.dtypes.split(","):
                folder = pathlib.Path(work) / f"{kind}-{dtype}"
                siblings(kind, dtype, folder)
                inputs = [tensors(folder / name) for name in NAMES]
                for name, recipe in recipes(folder):
                    if a.recipe and name not in a.recipe:
                        continue
                    out = folder / "out"
                    shutil.rmtree(out, ignore_errors=True)
                    out.mkdir()
                    text = yaml.safe_dump(dict(recipe, compatibility="mergekit", rng=dict(kind="torch", seed=1)))
                    (out / "recipe.yml").write_text(text)
                    run_merge(MergeConfiguration.model_validate(recipe), str(out / "theirs"), MergeOptions(quiet=True, random_seed=1))
                    run = subprocess.run([a.ingot, "fuse", "-q", out / "recipe.yml", "-o", out / "ours"], capture_output=True, text=True)
                    if run.returncode:
                        failed = True
                        print(f'{kind},{dtype},"{name}",failed,"{run.stderr.strip()}"', flush=True)
                        continue
                    worst, tensor = distance(tensors(out / "theirs"), tensors(out / "ours"), inputs, dtype)
                    print(f'{kind},{dtype},"{name}",{worst:.3g},{tensor}', flush=True)
    sys.exit(failed)


main()
