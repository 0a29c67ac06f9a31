#!/usr/bin/env python3
"""Seconds of `ingot translate` against sentences, lengths, beams, threads and vocabularies, in
every type: curves.py INGOT OUT.csv [options]. bench/charts.py draws the file.

Models have random weights: `ingot train` makes them with one update, so nothing else is needed.
--model DIR takes one that is there, and leaves the vocabularies out. Sentences are random token
ids, and each translation has as many tokens as its source. A point differs from the others of its
curve in one thing; types take turns, and the least of --repeat counts. Each row is written as soon
as it is known, and rows that OUT.csv has are not measured again."""

import argparse
import csv
import datetime
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

CURVES = {
    "sentences": [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000],
    "length": [8, 16, 32, 64, 128, 256, 512],
    "beam": [1, 2, 4, 8, 16],
    "threads": [2**i for i in range(10)],
    "vocabulary": [8000, 16_000, 32_000, 64_000, 128_000, 256_000],
}
POINT = ["threads", "sentences", "length", "beam", "vocabulary"]
MEASURED = ["load_seconds", "seconds", "target_tokens", "peak_rss_bytes"]
HEADINGS = ["date", "commit", "cpu", "isa", "curve", "type", *POINT, *MEASURED]
WORDS_A_LINE = 8


def parse():
    cores = len(os.sched_getaffinity(0))
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("ingot", type=lambda name: pathlib.Path(name).resolve())
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--curves", default=",".join(CURVES))
    p.add_argument("--types", default="fp32,int8")
    p.add_argument("--most-sentences", type=int, default=10_000, help="at most, of the curve")
    p.add_argument("--most-vocabulary", type=int, default=256_000)
    p.add_argument("--most-length", type=int, default=512)
    p.add_argument("--repeat", type=int, default=3)
    p.add_argument("--model", type=pathlib.Path, help="instead of models with random weights")
    p.add_argument("--cache", type=pathlib.Path, help="keeps the models; default: none is kept")
    p.add_argument("--d-model", type=int, default=512)
    p.add_argument("--layers", type=int, default=6)
    p.add_argument("--cpu", default=cpu_name(), help="its name in the file")
    for name, value in (("sentences", 256), ("length", 24), ("beam", 1), ("threads", cores)):
        p.add_argument(f"--{name}", type=int, default=value, help="of the other curves")
    p.add_argument("--vocabulary", type=int, default=32_000, help="of the other curves")
    a = p.parse_args()
    for curve in a.curves.split(","):
        if curve not in CURVES:
            p.error(f"unknown curve '{curve}': one of {', '.join(CURVES)}")
    a.most = {"sentences": a.most_sentences, "length": a.most_length, "threads": cores,
              "vocabulary": a.most_vocabulary}
    return a


def cpu_name():
    try:
        info = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        return next(x.split(": ")[1] for x in info.splitlines() if x.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return "unknown"


# ---- models ------------------------------------------------------------------


def make_model(a, folder, vocabulary):
    """A Marian model of so many words: a text of that many is what it is trained on, for one update
    of one line."""
    directory = folder / f"{vocabulary}-{a.d_model}-{a.layers}"
    if (directory / "latest" / "config.json").exists():
        return directory / "latest"
    text = directory.with_suffix(".txt")
    with open(text, "w", encoding="utf-8") as file:
        for first in range(0, vocabulary, WORDS_A_LINE):
            words = range(first, min(first + WORDS_A_LINE, vocabulary))
            print(*(f"w{i}" for i in words), file=file)
    sides = {
        f"{side}_{key}": value
        for side in ("encoder", "decoder")
        for key, value in (("layers", a.layers), ("attention_heads", a.d_model // 64 or 1),
                           ("ffn_dim", 4 * a.d_model))
    }
    config = {  # JSON is YAML
        "data": {"train": {"source": str(text), "target": str(text)}, "tokens": "whitespace"},
        "model": {"family": "marian", "d_model": a.d_model, "activation_function": "swish",
                  "max_position_embeddings": 1024, **sides},
        "train": {"output": str(directory), "seed": 1, "batch_tokens": 2 * WORDS_A_LINE,
                  "updates": 1, "learning_rate": 1e-9, "save_every": 0},
    }
    file = directory.with_suffix(".yml")
    file.write_text(json.dumps(config), encoding="utf-8")
    subprocess.run([a.ingot, "train", file, "--quiet"], check=True)
    (directory / "latest" / "training.safetensors").unlink()  # the optimizer's state
    text.unlink()
    return directory / "latest"


def facts(model):
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    return config["vocab_size"], config["eos_token_id"], config.get("pad_token_id")


def write_sentences(path, model, sentences, length):
    """Random ids, each line with the end of sentence."""
    vocabulary, end, pad = facts(model)
    draw = random.Random(1)
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(sentences):
            ids = []
            while len(ids) < length - 1:
                token = draw.randrange(vocabulary)
                if token not in (end, pad):
                    ids.append(token)
            print(*ids, end, file=file)


# ---- measuring ---------------------------------------------------------------


def translate(a, folder, model, weights, point):
    stats = folder / "stats.json"
    length = str(point["length"])
    run = subprocess.run(
        [a.ingot, "translate", "-m", model, "-i", folder / "source", "-o", folder / "translation",
         "--ids-in", "--ids", "--min-length", length, "--max-length", length,
         "--beam-size", str(point["beam"]), "--threads", str(point["threads"]),
         "--type", weights, "--stats", stats, "--quiet"],
        stderr=subprocess.PIPE, text=True, check=False,
    )  # the warnings say that translations reached the length that they were given
    if run.returncode != 0:
        sys.exit(f"curves: {run.stderr}")
    return json.loads(stats.read_text(encoding="utf-8"))


def measure(a, folder, model, point, types):
    """The fastest run of each type."""
    write_sentences(folder / "source", model, point["sentences"], point["length"])
    best = {}
    for _ in range(a.repeat):
        for weights in types:
            run = translate(a, folder, model, weights, point)
            if weights not in best or run["seconds"] < best[weights]["seconds"]:
                best[weights] = run
    return best


def points(a, vocabulary):
    base = {"threads": a.threads, "sentences": a.sentences, "length": a.length, "beam": a.beam,
            "vocabulary": vocabulary}
    for curve in a.curves.split(","):
        if curve == "vocabulary" and a.model:
            print("curves: --model has one vocabulary: that curve is left out", file=sys.stderr)
            continue
        for value in CURVES[curve]:
            if value <= a.most.get(curve, value):
                yield curve, {**base, curve: value}


def known_points(path):
    if not path.exists():
        return set()
    with open(path, newline="", encoding="utf-8") as file:
        return {(r["curve"], r["type"], *(int(r[x]) for x in POINT)) for r in csv.DictReader(file)}


def commit():
    root = pathlib.Path(__file__).resolve().parent
    run = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty", "--exclude", "*"],
                         capture_output=True, text=True, check=False)
    return run.stdout.strip() or "unknown"


def main():
    a = parse()
    known = known_points(a.out)
    stamp = {"date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
             "commit": commit(), "cpu": a.cpu}
    with tempfile.TemporaryDirectory() as work, open(a.out, "a", newline="", encoding="utf-8") as o:
        folder = pathlib.Path(work)
        models = a.cache or folder
        models.mkdir(parents=True, exist_ok=True)
        rows = csv.DictWriter(o, HEADINGS, lineterminator="\n")
        if a.out.stat().st_size == 0:
            rows.writeheader()
        vocabulary = facts(a.model)[0] if a.model else a.vocabulary
        for curve, point in points(a, vocabulary):
            types = [t for t in a.types.split(",")
                     if (curve, t, *(point[x] for x in POINT)) not in known]
            if not types:
                continue
            model = a.model or make_model(a, models.resolve(), point["vocabulary"])
            for weights, run in measure(a, folder, model, point, types).items():
                row = {**stamp, "isa": run["isa"], "curve": curve, "type": weights, **point}
                rows.writerow({**row, **{x: run[x] for x in MEASURED}})
                o.flush()
                print(curve, point[curve], weights, f"{run['seconds']:.3f} s", file=sys.stderr)


main()
