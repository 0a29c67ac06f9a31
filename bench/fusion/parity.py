"""Fused models beside mergekit's: parity.py [--ingot FILE] [--kinds marian,bart,t5,m2m100]
[--dtypes float32,rounded,bfloat16,native] [RECIPE ...] > RESULT.csv

Small random siblings of each architecture are fused by both, with gradients, filters and mergekit's
random numbers. One line a recipe: the largest difference, its tensor, and the share of values
beyond the bound. In float32 a difference is relative to the largest magnitude of the tensor (bound:
1e-6); in bfloat16 it is in units of the last place of the largest value that went in or came out
(bound: 1). "mask" counts the values that one keeps and the other drops (bound: 0). float64: as
float32, and mergekit computes in float64. rounded: float32 models, the output in bfloat16.
bfloat16: models too, both compute in float32. native: mergekit computes in bfloat16, as it does
unless told otherwise, and as Ingot never does. Differences of bfloat16 models often have the same
magnitude, and at a threshold mergekit keeps whichever its sort leaves there. Where a value is
beyond the bound mergekit therefore fuses once more with sorts that leave equal magnitudes in the
order of their indices, as Ingot does: "unexplained" counts the values that are still beyond it.
Then what mergekit refuses or breaks, the original T5 and stacked layers, beside torch: those must
open in transformers with no weight missing or left over. Versions go to standard error. Needs
mergekit 0.1.5, torch and transformers.
"""

import argparse
import contextlib
import importlib.metadata
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
LAYERS = dict(
    encoder_layers=3,
    decoder_layers=2,
    encoder_ffn_dim=128,
    decoder_ffn_dim=128,
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    max_position_embeddings=64,
)


def new_model(kind):
    if kind == "marian":
        return t.MarianMTModel(
            t.MarianConfig(
                **SMALL, **LAYERS, pad_token_id=511, decoder_start_token_id=511, eos_token_id=0
            )
        )
    if kind == "bart":
        return t.BartForConditionalGeneration(t.BartConfig(**SMALL, **LAYERS))
    if kind == "m2m100":
        return t.M2M100ForConditionalGeneration(t.M2M100Config(**SMALL, **LAYERS))
    if kind.startswith(
        "t5"
    ):  # t5: version 1.1; the original's feed-forward layers are not mergekit's
        original = kind == "t5-original"
        return t.T5ForConditionalGeneration(
            t.T5Config(
                **SMALL,
                d_kv=16,
                d_ff=128,
                num_layers=3,
                num_heads=4,
                tie_word_embeddings=original,
                feed_forward_proj="relu" if original else "gated-gelu",
                decoder_start_token_id=0,
            )
        )
    raise SystemExit(f"unknown kind {kind}")


def siblings(kind, dtype, folder):
    dtype = "float32" if dtype in ("float32", "float64", "rounded") else "bfloat16"
    torch.manual_seed(1)
    model = new_model(kind)
    base = {name: value.clone() for name, value in model.named_parameters()}
    for sibling in NAMES:
        with torch.no_grad():
            for name, value in model.named_parameters():
                value.copy_(
                    base[name]
                    if sibling == "base"
                    else base[name] + 0.02 * torch.randn(value.shape)
                )
            if hasattr(model, "final_logits_bias"):
                model.final_logits_bias.copy_(0.02 * torch.randn(model.final_logits_bias.shape))
        model.to(getattr(torch, dtype)).save_pretrained(folder / sibling)
        model.float()


def recipes(folder):
    path = {name: str(folder / name) for name in NAMES}
    base = dict(base_model=path["base"])
    gradient = [0.1, 0.9, 0.5]

    def recipe(method, models, **more):
        entries = [
            dict(model=path[name], parameters=p) if p else dict(model=path[name])
            for name, p in models
        ]
        return dict(merge_method=method, models=entries, **more)

    two = [("a", dict(weight=0.7)), ("b", dict(weight=0.4))]
    three = two + [("c", dict(weight=0.5))]
    plain = [(name, None) for name in "abc"]
    four = [("base", dict(weight=0.2))] + three
    filtered = dict(weight=[dict(filter="self_attn", value=0.7), dict(value=0.2)])
    yield "linear", recipe("linear", three)
    yield "linear, four", recipe("linear", four)
    yield "linear, gradient and filter", recipe(
        "linear", [("a", dict(weight=gradient)), ("b", filtered)], parameters=dict(normalize=False)
    )
    yield "slerp", recipe("slerp", plain[:2], base_model=path["a"], parameters=dict(t=0.4))
    yield "slerp, gradient", recipe(
        "slerp",
        plain[:2],
        base_model=path["a"],
        parameters=dict(t=[dict(filter="fc1", value=gradient), dict(value=0.3)]),
    )
    yield "nearswap", recipe(
        "nearswap", [("base", None), ("b", None)], **base, parameters=dict(t=0.001)
    )
    yield "passthrough", recipe("passthrough", [("a", dict(scale=0.5))])
    yield "task_arithmetic", recipe(
        "task_arithmetic",
        [("a", dict(weight=0.6)), ("b", dict(weight=0.4)), ("c", dict(weight=-0.3))],
        **base,
    )
    for method in ["ties", "breadcrumbs", "breadcrumbs_ties"]:
        thinned = [
            ("a", dict(weight=1.0, density=0.5)),
            ("b", dict(weight=0.7, density=[0.2, 0.8])),
            ("c", dict(weight=0.4, density=0.3)),
        ]
        yield method, recipe(method, thinned, **base)
        options = {"normalize": True, "rescale": True, "lambda": 0.8}
        yield method + ", rescaled", recipe(
            method,
            [("a", dict(weight=1.0, density=0.5)), ("b", dict(weight=0.7, density=0.29))],
            **base,
            parameters=options,
        )
    for method in ["dare_ties", "dare_linear", "della", "della_linear"]:
        yield method, recipe(
            method,
            [("a", dict(weight=1.0, density=0.5)), ("b", dict(weight=0.7, density=0.6))],
            **base,
        )
        yield method + ", mask", recipe(method, [("a", dict(weight=1.0, density=0.3))], **base)
    yield "model_stock", recipe("model_stock", plain, **base)
    yield "model_stock, by rows", recipe(
        "model_stock", plain, **base, parameters=dict(filter_wise=True)
    )
    for name, options in [
        ("nuslerp", {}),
        ("nuslerp, by rows", dict(nuslerp_flatten=False)),
        ("nuslerp, by columns", dict(nuslerp_flatten=False, nuslerp_row_wise=True)),
    ]:
        yield name, recipe("nuslerp", two, parameters=options)
        yield name + ", base", recipe("nuslerp", two, **base, parameters=options)
    yield "multislerp", recipe("multislerp", three)
    yield "multislerp, base", recipe("multislerp", three, **base)
    yield "multislerp, weights as they are", recipe(
        "multislerp", three, **base, parameters=dict(normalize_weights=False)
    )
    yield "karcher", recipe("karcher", plain)
    yield "karcher, base", recipe(
        "karcher", plain[:2], **base, parameters=dict(max_iter=50, tol=1e-9)
    )
    yield "sce", recipe("sce", plain, **base)
    yield "sce, top 0.3", recipe("sce", plain, **base, parameters=dict(select_topk=0.3))
    yield "ram", recipe("ram", plain, **base, parameters=dict(epsilon=0.02))
    yield "ramplus_tl", recipe(
        "ramplus_tl", plain, **base, parameters=dict(epsilon=0.02, r=0.3, alpha=0.4)
    )
    yield "arcee_fusion", recipe("arcee_fusion", plain[:1], **base)


def tensors(folder):
    found = {}
    for path in pathlib.Path(folder).glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            found.update({name: file.get_tensor(name) for name in file.keys()})
    return found


def distance(theirs, ours, inputs, dtype):
    """The largest difference, its tensor, how many values are beyond the bound, and their share."""
    worst, beyond, count = (0.0, ""), 0, 0
    for name in theirs.keys() & ours.keys():
        x, y = theirs[name].double(), ours[name].double()
        scale = x.abs().max().clamp_min(1e-30)
        if dtype not in ("float32", "float64"):
            largest = torch.stack(
                [x.abs(), y.abs()] + [i[name].double().abs() for i in inputs if name in i]
            ).amax(0)
            scale = largest.clamp_min(1e-30).log2().floor().exp2() * 2**-7
        difference = (x - y).abs() / scale
        worst = max(worst, (difference.max().item(), name))
        beyond += (difference > (1e-6 if dtype in ("float32", "float64") else 1)).sum().item()
        count += difference.numel()
    return *worst, beyond, beyond / count


@contextlib.contextmanager
def stable_sorts():
    """torch's sorts leave equal values in the order of their indices."""
    sort, argsort, topk = torch.sort, torch.argsort, torch.topk

    def stable_topk(x, k, largest=True):
        values, indices = sort(x, descending=largest, stable=True)
        return values[:k], indices[:k]

    torch.sort = lambda x, dim=-1, descending=False: sort(
        x, dim=dim, descending=descending, stable=True
    )
    torch.argsort = lambda x, dim=-1, descending=False: argsort(
        x, dim=dim, descending=descending, stable=True
    )
    torch.topk = stable_topk
    try:
        yield
    finally:
        torch.sort, torch.argsort, torch.topk = sort, argsort, topk


def mergekit(recipe, folder):
    shutil.rmtree(folder, ignore_errors=True)
    run_merge(
        MergeConfiguration.model_validate(recipe),
        str(folder),
        MergeOptions(quiet=True, random_seed=1),
    )
    return tensors(folder)


def opens(folder, cls):
    _, found = cls.from_pretrained(folder, output_loading_info=True)
    return not (found["missing_keys"] or found["unexpected_keys"] or found["mismatched_keys"])


def masks_differ(theirs, ours, base):
    """Values that one model keeps and the other drops: those that are not the base's."""
    return sum(
        ((theirs[name] != base[name]) != (ours[name] != base[name])).sum().item() for name in theirs
    )


def fuse(ingot, recipe, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "recipe.yml").write_text(yaml.safe_dump(recipe))
    return subprocess.run(
        [ingot, "fuse", "-q", folder / "recipe.yml", "-o", folder / "ours"],
        capture_output=True,
        text=True,
    )


def average_t5(folder, run):
    """The original T5, which mergekit cannot plan."""
    siblings("t5-original", "float32", folder)
    run(
        dict(
            merge_method="linear",
            models=[dict(model=str(folder / n), parameters=dict(weight=1)) for n in "ab"],
        )
    )
    a, b = tensors(folder / "a"), tensors(folder / "b")
    return {name: (a[name] + b[name]) / 2 for name in a}, t.T5ForConditionalGeneration


def stack_marian(folder, run):
    """Layers of two Marians on one another, whose configuration mergekit leaves as it was: encoder
    0, 1, 1, 2 of a; decoder 0 of a, 0, 1 of b."""
    siblings("marian", "float32", folder)

    def slice_(name, first, last):
        return dict(sources=[dict(model=str(folder / name), layer_range=[first, last])])

    run(
        dict(
            merge_method="passthrough",
            modules=dict(
                encoder=dict(slices=[slice_("a", 0, 2), slice_("a", 1, 3)]),
                decoder=dict(slices=[slice_("a", 0, 1), slice_("b", 0, 2)]),
                default=dict(models=[dict(model=str(folder / "a"))]),
            ),
        )
    )
    a, b = tensors(folder / "a"), tensors(folder / "b")
    expected = {name: x for name, x in a.items() if ".layers." not in name}
    for stack, layers in [
        ("encoder", [(a, 0), (a, 1), (a, 1), (a, 2)]),
        ("decoder", [(a, 0), (b, 0), (b, 1)]),
    ]:
        for i, (model, layer) in enumerate(layers):
            prefix = f"model.{stack}.layers.{layer}."
            expected.update(
                {
                    f"model.{stack}.layers.{i}." + name[len(prefix) :]: x
                    for name, x in model.items()
                    if name.startswith(prefix)
                }
            )
    return expected, t.MarianMTModel


def beyond_mergekit(ingot, work):
    """What mergekit cannot do, beside torch."""
    fine = True
    for name, kind, make in [
        ("linear, opens in transformers", "t5-original", average_t5),
        ("stacked layers, opens in transformers", "marian", stack_marian),
    ]:
        folder = work / name.split(",")[0]
        done = []
        expected, cls = make(
            folder, lambda recipe: done.append(fuse(ingot, recipe, folder / "out"))
        )
        if done[0].returncode or not opens(folder / "out/ours", cls):
            print(f'{kind},float32,"{name}",failed,"{done[0].stderr.strip()}",,', flush=True)
            fine = False
            continue
        ours = tensors(folder / "out/ours")
        worst, tensor, beyond, share = (
            distance(expected, ours, [], "float32")
            if expected.keys() == ours.keys()
            else (float("inf"), "other tensors", 1, 1)
        )
        fine = fine and worst <= 1e-6
        print(f'{kind},float32,"{name}",{worst:.3g},{tensor},{share:.2g},{beyond}', flush=True)
    return fine


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--ingot", default=ROOT / "build/ingot"), p.add_argument("recipe", nargs="*")
    p.add_argument("--kinds", default="marian,bart,t5,m2m100"), p.add_argument(
        "--dtypes", default="float32,float64,rounded,bfloat16,native"
    )
    a = p.parse_args()
    failed = False
    version = subprocess.run([a.ingot, "--version"], capture_output=True, text=True).stdout.strip()
    print(
        f"{version}; mergekit {importlib.metadata.version('mergekit')}, "
        f"torch {torch.__version__}, transformers {t.__version__}",
        file=sys.stderr,
    )
    print("kind,dtype,recipe,difference,tensor,beyond,unexplained")
    with tempfile.TemporaryDirectory() as work:
        for kind in a.kinds.split(","):
            for dtype in a.dtypes.split(","):
                folder = pathlib.Path(work) / f"{kind}-{dtype}"
                siblings(kind, dtype, folder)
                inputs = [tensors(folder / name) for name in NAMES]
                for name, recipe in recipes(folder):
                    if dtype in ("rounded", "bfloat16"):
                        recipe.update(dtype="float32", out_dtype="bfloat16")
                    if name.endswith(", mask") and dtype != "float32":
                        continue  # a small difference may vanish in a rounded sum
                    if a.recipe and name not in a.recipe:
                        continue
                    out = folder / "out"
                    run = fuse(
                        a.ingot,
                        dict(recipe, compatibility="mergekit", rng=dict(kind="torch", seed=1)),
                        out,
                    )
                    if dtype == "float64":
                        recipe.update(dtype="float64", out_dtype="float32")
                    theirs = mergekit(recipe, out / "theirs")
                    if run.returncode:
                        failed = True
                        print(
                            f'{kind},{dtype},"{name}",failed,"{run.stderr.strip()}",,', flush=True
                        )
                        continue
                    ours = tensors(out / "ours")
                    if name.endswith(", mask"):
                        print(
                            f'{kind},{dtype},"{name}",{masks_differ(theirs, ours, inputs[0])},,,',
                            flush=True,
                        )
                        continue
                    worst, tensor, unexplained, share = distance(theirs, ours, inputs, dtype)
                    if unexplained:
                        with stable_sorts():
                            unexplained = distance(
                                mergekit(recipe, out / "stable"), ours, inputs, dtype
                            )[2]
                    print(
                        f'{kind},{dtype},"{name}",{worst:.3g},{tensor},{share:.2g},{unexplained}',
                        flush=True,
                    )
        if not a.recipe:
            failed = not beyond_mergekit(a.ingot, pathlib.Path(work)) or failed
    sys.exit(failed)


if __name__ == "__main__":
    main()
