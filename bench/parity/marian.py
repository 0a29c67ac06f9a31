#!/usr/bin/env python3
"""Compares what `ingot convert` makes of Marian's models with Marian itself, and with transformers.

Usage: marian.py INGOT [DIRECTORY ...] [--wrong]

Each directory holds a model and an expected.tsv (source, greedy translation, log-probability), as
tests/golden/marian_npz/make_goldens.py and marian_packed/make_goldens.py write them, whose folders
are the default. Ingot's
log-probabilities must be Marian's within 1e-4, those of transformers within 2e-3: its norms have
another epsilon, and models with SSRU it does not open. Translations must be equal. --wrong is the
negative control: a weight is changed after the conversion, and the comparison must fail."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file, save_file

GOLDENS = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"


def spoil(directory):
    weights = load_file(directory / "model.safetensors")
    weights["model.encoder.layers.0.fc1.weight"][0] += 0.5
    weights["model.decoder.layers.0.fc2.weight"][:, 0] += 0.5
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})


def of_ingot(ingot, directory, sources, targets):
    (directory / "src").write_text("".join(line + "\n" for line in sources))
    (directory / "trg").write_text("".join(line + "\n" for line in targets))
    command = [ingot, "translate", "-m", directory, "-i", directory / "src", "--quiet"]
    texts = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    scores = subprocess.run(command + ["--score-target", directory / "trg"], check=True,
                            capture_output=True, text=True).stdout
    return texts.splitlines(), [float(line) for line in scores.splitlines()]


def of_transformers(directory, sources, targets):
    tokenizer = transformers.MarianTokenizer.from_pretrained(directory)
    model = transformers.MarianMTModel.from_pretrained(directory).eval()
    texts, scores = [], []
    for source, target in zip(sources, targets):
        batch = tokenizer(source, text_target=target, return_tensors="pt")
        with torch.no_grad():
            output = model.generate(**tokenizer(source, return_tensors="pt"), num_beams=1)
            log_probs = model(**batch).logits.log_softmax(-1)
        texts.append(tokenizer.decode(output[0], skip_special_tokens=True))
        scores.append(log_probs.gather(-1, batch.labels.unsqueeze(-1)).sum().item())
    return texts, scores


def compare(ingot, directory, wrong):
    rows = [line.split("\t") for line in (directory / "expected.tsv").read_text().splitlines()]
    sources, targets, expected = [list(column) for column in zip(*rows)]
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        subprocess.run([ingot, "convert", directory, "-o", out, "--quiet"], check=True)
        if wrong:
            spoil(out)
        results = [("ingot", 1e-4, of_ingot(ingot, out, sources, targets))]
        if '"marian"' in (out / "config.json").read_text():
            results.append(("transformers", 2e-3, of_transformers(out, sources, targets)))
        for name, bound, (texts, scores) in results:
            worst = max(abs(s - float(e)) for s, e in zip(scores, expected))
            print(f"{directory.name}: {name}: {len(rows)} sentences, at most {worst:.1e} apart")
            if worst > bound or texts != targets:
                problems.append(name)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ingot")
    parser.add_argument("directories", nargs="*", type=pathlib.Path)
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    directories = options.directories or [
        *(GOLDENS / "marian_npz" / name
          for name in ("tied", "apart", "head", "ssru", "tiny", "binary")),
        GOLDENS / "marian_packed/packed", GOLDENS / "marian_packed/student"]
    failed = [f"{d.name} ({', '.join(p)})" for d in directories
              if (p := compare(options.ingot, d, options.wrong))]
    print("equal" if not failed else "different: " + "; ".join(failed))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
