#!/usr/bin/env python3
"""Compares Fisher-weighted means and RegMean with PyTorch, from the formulas:

    python bench/parity/fisher_regmean.py INGOT [--families marian,t5,bart] [--wrong]

For each family two models of random weights are made (by one update of `ingot train` each), and
Ingot fuses them with statistics of each model on its own pairs and on common ones. The reference is
transformers' model in float64: for each pair the gradient of the target's log-probability by
automatic differentiation, squared; labels of the model are drawn by the same uniform numbers
(Philox4x32-10, keyed by the seed and the pair's ids) from float64 probabilities. Gram matrices are
those of what forward hooks see of each nn.Linear, in each model or (RegMean++) in the fused one
while it is made layer by layer, and the equation of RegMean is solved by torch.linalg. Tables of
embeddings are layers whose inputs are one-hot rows, made from the ids that hooks see; their Gram
matrices are diagonals. Compared are
the statistics that Ingot keeps and the fused weights, relative to the largest value of a tensor:
1e-5.
--wrong doubles the weight of the second model in the reference: the comparison must fail. Needs
torch and transformers."""
import argparse
import collections
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
PAIRS, TOKENS, SEED, CLOSE = 12, 40, 5, 1e-5
WEIGHTS, FLOOR, ALPHA, RIDGE = (1.0, 0.7), 1e-4, 0.8, 1e-4
MASK = (1 << 64) - 1


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")


def write_pairs(folder, name, seed, targets):
    draw = random.Random(seed)
    lines = [[str(draw.randrange(TOKENS)) for _ in range(draw.randrange(2, 9))]
             for _ in range(PAIRS)]
    pairs = [(x, targets(x)) for x in lines]
    for side, suffix in enumerate(("src", "trg")):
        text = "".join(" ".join(pair[side]) + "\n" for pair in pairs)
        (folder / f"{name}.{suffix}").write_text(text)
        with open(folder / f"train.{suffix}", "a", encoding="utf-8") as all_pairs:
            all_pairs.write(text)
    return pairs


def make_model(ingot, folder, family, seed):
    config = folder / "train.yml"
    config.write_text(f"""
data: {{train: {{source: {folder}/train.src, target: {folder}/train.trg}}, tokens: whitespace}}
model: {SIZES[family]}
train: {{output: {folder}/{seed}, seed: {seed}, batch_tokens: 1000, updates: 1,
        learning_rate: 0.001}}
""")
    run(ingot, "train", config, "-q")
    return folder / str(seed) / "latest"


# ---- the reference ----------------------------------------------------------


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def uniform(seed, stream, index):
    block = index // 2
    words = philox((block & 0xFFFFFFFF, block >> 32, stream & 0xFFFFFFFF, stream >> 32),
                   (seed & 0xFFFFFFFF, seed >> 32))
    high, low = words[2 * (index % 2):2 * (index % 2) + 2]
    return ((high << 32 | low) >> 11) * 2.0**-53


def hash_pair(source, target):
    value = 0xCBF29CE484222325
    for item in list(b"fisher.labels") + source + target:
        value = ((value ^ item) * 0x100000001B3) & MASK
    return value


class Reference:
    def __init__(self, directory):
        self.model = transformers.AutoModelForSeq2SeqLM.from_pretrained(directory).double().eval()
        for module in self.model.modules():  # or the row of padding would have no gradient
            if isinstance(module, torch.nn.Embedding):
                module.padding_idx = None
        self.config = self.model.config
        self.words = json.loads((directory / "vocab.json").read_text())

    def ids(self, line):
        return [self.words[w] for w in line] + [self.config.eos_token_id]

    def logits(self, source, target):
        shifted = [self.config.decoder_start_token_id] + target[:-1]
        return self.model(input_ids=torch.tensor([source]),
                          decoder_input_ids=torch.tensor([shifted])).logits[0]

    def wanted(self, target):
        """The label of each row of the logits."""
        return target

    def draw(self, logits, source, target):
        stream = hash_pair(source, target)
        sums = torch.softmax(logits.detach(), -1).cumsum(-1)
        return [int((row <= uniform(SEED, stream, i)).sum()) for i, row in enumerate(sums)]

    def fisher(self, sets, labels):
        """sets: [(share, pairs)]. The mean squared gradient of each parameter."""
        values = {k: p for k, p in self.model.named_parameters() if p.requires_grad}
        sums = {k: torch.zeros_like(p) for k, p in values.items()}
        for share, pairs in sets:
            for source, target in pairs:
                source, target = self.ids(source), self.ids(target)
                logits = self.logits(source, target)
                wanted = (self.wanted(target) if labels == "reference" else
                          self.draw(logits, source, target))
                loss = torch.nn.functional.cross_entropy(logits, torch.tensor(wanted),
                                                         reduction="sum")
                gradients = torch.autograd.grad(loss, values.values(), allow_unused=True)
                for k, g in zip(values, gradients):
                    if g is not None:
                        sums[k] += share / len(pairs) * g**2
        return {k: s for k, s in sums.items() if s.any()}


    def hook_tables(self, seen, calls, only):
        """Counts what each table of tokens is given: in a pair first by the encoder, then by the
        decoder, which may share it. only: as in grams."""
        sizes = (self.config.vocab_size, getattr(self.config, "decoder_vocab_size", None))
        names = {id(p): name for name, p in self.model.named_parameters()}
        hooks = []
        for module in self.model.modules():
            if not isinstance(module, torch.nn.Embedding) or module.num_embeddings not in sizes:
                continue
            name = names[id(module.weight)]
            if only not in (None, name):
                continue
            def see(module, inputs, name=name):
                ids = inputs[0].reshape(-1)
                role = (name, calls[name])
                calls[name] += 1
                gram, count = seen.get(role, (0, 0))
                one_hot = torch.nn.functional.one_hot(ids, module.num_embeddings).double()
                seen[role] = (gram + (one_hot.T @ one_hot).diag(), count + len(ids))
            hooks.append(module.register_forward_pre_hook(see))
        return hooks

    def grams(self, sets, only=None):
        """The mean x^T x of the inputs of each nn.Linear whose weight is no embedding's, in the
        order in which they compute, and of each table of tokens its diagonal. only: of this weight
        alone."""
        embeddings = {id(m.weight) for m in self.model.modules()
                      if isinstance(m, torch.nn.Embedding)}
        seen, means, calls = {}, {}, collections.Counter()
        hooks = self.hook_tables(seen, calls, only)
        for name, module in self.model.named_modules():
            if only not in (None, f"{name}.weight"):
                continue
            if isinstance(module, torch.nn.Linear) and id(module.weight) not in embeddings:
                def see(_, inputs, name=f"{name}.weight"):
                    rows = inputs[0].detach().reshape(-1, inputs[0].shape[-1])
                    gram, count = seen.get((name, None), (0, 0))
                    seen[name, None] = (gram + rows.T @ rows, count + len(rows))
                hooks.append(module.register_forward_pre_hook(see))
        for share, pairs in sets:
            seen.clear()
            for source, target in pairs:
                calls.clear()
                with torch.no_grad():
                    self.logits(self.ids(source), self.ids(target))
            for (name, _), (gram, count) in seen.items():
                means[name] = means.get(name, 0) + share / count * gram
        for hook in hooks:
            hook.remove()
        return means


def solve_table(rows, diagonals, weights, mean):
    """The same equation of diagonals: rows and diagonals of each model."""
    scaled = [w * g for w, g in zip(weights, diagonals)]
    ridge = RIDGE * sum(scaled).mean()
    right = sum(g[:, None] * v for g, v in zip(scaled, rows)) + ridge * mean
    return right / (sum(scaled) + ridge)[:, None]


def regression_mean(values, grams, weights):
    fused = {}
    for name in values[0]:
        mean = sum(w * v[name] for w, v in zip(weights, values)) / sum(weights)
        fused[name] = mean
        if name not in grams[0]:
            continue
        if grams[0][name].dim() == 1:
            fused[name] = solve_table([v[name] for v in values], [g[name] for g in grams], weights,
                                      mean)
            continue
        scaled = [w * (ALPHA * g[name] + (1 - ALPHA) * torch.diag(torch.diag(g[name])))
                  for w, g in zip(weights, grams)]
        ridge = RIDGE * torch.trace(sum(scaled)) / len(mean[0])
        right = sum(g @ v[name].T for g, v in zip(scaled, values)) + ridge * mean.T
        left = sum(scaled) + ridge * torch.eye(len(mean[0]), dtype=torch.double)
        fused[name] = torch.linalg.solve(left, right).T
    return fused


def merged_grams(case, values):
    """As Reference.grams for each model, but of the inputs of the model that is being made: each
    layer is fused when all layers that compute before it are."""
    sets, weights = case.sets, case.weights()
    merged = case.read(case.models[0])
    parameters = dict(merged.model.named_parameters())
    with torch.no_grad():
        for name, parameter in parameters.items():
            mean = sum(w * v[name] for w, v in zip(weights, values)) / sum(weights)
            parameter.copy_(mean)
        grams = [{} for _ in values]
        some = merged.grams([(1, sets[0][0][1])])
        for name in sorted(some, key=lambda name: some[name].dim()):  # tables before layers
            for of_model, its in zip(grams, sets):
                of_model[name] = merged.grams(its, name)[name]
            fused = regression_mean([{name: v[name]} for v in values], grams, weights)
            parameters[name].copy_(fused[name])
    return grams


def fisher_mean(values, statistics, weights, normalize):
    if normalize:
        weights = [w / torch.sqrt(sum((f**2).sum() for f in s.values())).item()
                   for w, s in zip(weights, statistics)]
    fused = {}
    for name, first in values[0].items():
        if name in statistics[0]:
            scale = [w * s[name].clamp(min=FLOOR) for w, s in zip(weights, statistics)]
            fused[name] = sum(f * v[name] for f, v in zip(scale, values)) / sum(scale)
        else:
            fused[name] = first
    return fused


# ---- comparing --------------------------------------------------------------


def apart(found, wanted, least=1e-30):
    """The largest distance of two sets of tensors, by the largest value of each but no smaller a
    one than `least`, and where it is."""
    worst = (0.0, "")
    for name, tensor in found.items():
        if name not in wanted:
            continue
        scale = max(wanted[name].abs().max().item(), least)
        distance = (tensor.double() - wanted[name]).abs().max().item() / scale
        worst = max(worst, (distance, name))
    return worst


def data_of_lines(before, models):
    """before: what comes before the names of files."""
    return f"""  data:
    - {{source: {before}one.src, target: {before}one.trg, model: {models[0]}, weight: 3}}
    - {{source: {before}two.src, target: {before}two.trg, model: {models[1]}}}
    - {{source: {before}all.src, target: {before}all.trg}}
"""


def recipe_of(method, data, models, parameters, statistics=""):
    """data: lines of `statistics`."""
    return f"""merge_method: {method}
models:
  - {{model: {models[0]}, parameters: {{weight: {WEIGHTS[0]}}}}}
  - {{model: {models[1]}, parameters: {{weight: {WEIGHTS[1]}}}}}
parameters: {parameters}
seed: {SEED}
statistics:
{statistics}{data}"""


def fisher_recipe(data, models, labels, normalize):
    parameters = f"{{floor: {FLOOR}, normalize: {str(normalize).lower()}}}"
    return recipe_of("fisher", data, models, parameters, f"  labels: {labels}\n")


def regmean_recipe(data, models, inputs="own"):
    return recipe_of("regmean", data, models, f"{{alpha: {ALPHA}, ridge: {RIDGE}}}",
                     f"  inputs: {inputs}\n" if inputs != "own" else "")


@dataclasses.dataclass
class Case:
    ingot: pathlib.Path
    folder: pathlib.Path
    models: list
    sets: list  # of each model: [(share, pairs)]
    data: str  # the same, as lines of a recipe
    read: type  # makes a reference of a model's directory
    wrong: bool

    def weights(self):
        return (WEIGHTS[0], WEIGHTS[1] * (2 if self.wrong else 1))


def fuse_fisher(case, labels, normalize):
    recipe = case.folder / "recipe.yml"
    recipe.write_text(fisher_recipe(case.data, case.models, labels, normalize))
    output = case.folder / f"fisher-{labels}-{normalize}"
    run(case.ingot, "fuse", recipe, "-o", output, "--statistics", case.folder / f"kept-{labels}",
        "-q")
    return output


def kept(folder, references):
    """The statistics that Ingot has kept, in the order of the models."""
    files = sorted(folder.glob("*.safetensors"))
    loaded = [load_file(f) for f in files]
    if len(loaded) != len(references):
        sys.exit(f"{folder}: {len(loaded)} files of statistics, expected {len(references)}")
    return loaded


def read_models(models, read=Reference):
    references = [read(m) for m in models]
    return references, [{k: p.detach() for k, p in r.model.named_parameters()}
                        for r in references]


def sets_of(pairs):
    """The pairs of each model, with their shares: what the recipe says."""
    return [[(0.75, pairs["one"]), (0.25, pairs["all"])],
            [(0.5, pairs["two"]), (0.5, pairs["all"])]]


def write_all_pairs(folder):
    return {"one": write_pairs(folder, "one", 3, lambda x: x[::-1]),
            "two": write_pairs(folder, "two", 4, lambda x: x),
            "all": write_pairs(folder, "all", 6, sorted)}


def compare_fisher(case, labels):
    references, values = read_models(case.models, case.read)
    statistics = [r.fisher(s, labels) for r, s in zip(references, case.sets)]
    problem = None
    for normalize in (True, False):
        output = fuse_fisher(case, labels, normalize)
        found = load_file(output / "model.safetensors")
        distance, where = apart(found, fisher_mean(values, statistics, case.weights(),
                                                   normalize))
        below = [min(apart(file, s, FLOOR) for s in statistics)
                 for file in kept(case.folder / f"kept-{labels}", references)]
        worst = max(below)
        print(f"labels: {labels}, normalize: {normalize}: weights at most {distance:.1e} apart, "
              f"statistics {worst[0]:.1e}")
        if distance > CLOSE or worst[0] > CLOSE:
            problem = f"too far apart: {where} {distance:.1e}, {worst[1]} {worst[0]:.1e}"
    return problem


def compare_regmean(case, inputs="own"):
    references, values = read_models(case.models, case.read)
    if inputs == "own":
        grams = [r.grams(s) for r, s in zip(references, case.sets)]
    else:
        grams = merged_grams(case, values)
    (case.folder / "recipe.yml").write_text(regmean_recipe(case.data, case.models, inputs))
    output, statistics = case.folder / f"regmean-{inputs}", case.folder / f"kept-grams-{inputs}"
    run(case.ingot, "fuse", case.folder / "recipe.yml", "-o", output, "--statistics", statistics,
        "-q")
    found = load_file(output / "model.safetensors")
    distance, where = apart(found, regression_mean(values, grams, case.weights()))
    files = kept(statistics, references)
    worst = max(min(apart(file, g) for g in grams) for file in files)
    missing = set(grams[0]) - set(files[0])
    print(f"regmean of {inputs} inputs, {len(files[0])} layers: "
          f"weights at most {distance:.1e} apart, "
          f"Gram matrices {worst[0]:.1e}")
    if missing:
        return f"no Gram matrices of {', '.join(sorted(missing))}"
    if distance > CLOSE or worst[0] > CLOSE:
        return f"too far apart: {where} {distance:.1e}, {worst[1]} {worst[0]:.1e}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot", type=lambda name: pathlib.Path(name).resolve())
    parser.add_argument("--families", default=",".join(SIZES))
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    failed = False
    for family in options.families.split(","):
        with tempfile.TemporaryDirectory() as work:
            folder = pathlib.Path(work)
            pairs = write_all_pairs(folder)
            models = [make_model(options.ingot, folder, family, seed) for seed in (1, 2)]
            case = Case(options.ingot, folder, models, sets_of(pairs),
                        data_of_lines(f"{folder}/", models), Reference, options.wrong)
            for inputs in ("own", "merged"):
                print(f"{family}: ", end="", flush=True)
                problem = compare_regmean(case, inputs)
                if problem:
                    print(problem)
                failed |= problem is not None
            for labels in ("reference", "model"):
                print(f"{family}: ", end="", flush=True)
                problem = compare_fisher(case, labels)
                if problem:
                    print(problem)
                failed |= problem is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
