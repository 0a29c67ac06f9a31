"""Intervals and paired tests beside sacreBLEU 2.6.0:

  python bench/parity/sacrebleu_significance.py INGOT TEXT [TEXT ...]

Damages lines of the texts into two systems, and compares all numbers of `ingot score --confidence`
and `--paired` (both tests) with sacreBLEU's: BLEU, chrF, chrF++ and TER, one and two references,
several sizes and seeds.
"""

import json, os, pathlib, random, subprocess, sys, tempfile
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest

METRICS = {
    "bleu": (BLEU, {}, []),
    "chrf": (CHRF, {}, []),
    "chrf++": (CHRF, {"word_order": 2}, ["--chrf-word-order", "2"]),
    "ter": (TER, {}, []),
}


def members(kind, refs, system, baseline, draws):
    """What sacreBLEU computes, by the names of `ingot score --json`. kind: None, "bs" or "ar"."""
    metric, options, _ = METRICS[draws["metric"]]
    os.environ["SACREBLEU_SEED"] = str(draws["seed"])
    if kind is None:
        score = metric(**options).corpus_score(system, refs, n_bootstrap=draws["resamples"])
        return {"confidence_mean": float(score._mean), "confidence_var": float(score._ci)}
    test = PairedTest(
        [("baseline", baseline), ("system", system)],
        {"m": metric(references=refs, **options)},
        None,
        test_type=kind,
        n_samples=draws["resamples"] if kind == "bs" else draws["trials"],
        n_ar_confidence=draws["resamples"],
    )
    results = [value for name, value in test()[1].items() if name != "System"][0]
    b, s = results
    paired = {"test": kind, "score": float(b.score), "p_value": float(s.p_value)}
    paired.update({"mean": float(b.mean), "ci": float(b.ci)})
    return {
        "confidence_mean": float(s.mean),
        "confidence_var": float(s.ci),
        "paired": [paired],
    }


def options_of(kind, draws):
    out = ["--seed", str(draws["seed"]), "--confidence", "--resamples", str(draws["resamples"])]
    if kind == "ar":
        out += ["--trials", str(draws["trials"])]
    return out + METRICS[draws["metric"]][2] + (["--paired-test", kind] if kind else [])


def damage(rng, line, much):
    words = line.split(" ")
    for _ in range(rng.randint(0, much)):
        at = rng.randrange(len(words))
        if rng.random() < 0.5:
            words.pop(at)
        else:
            words.insert(at, rng.choice(words))
        if not words:
            return ""
    return " ".join(words)


def main(ingot, texts):
    rng = random.Random(7)
    lines = [l for t in texts for l in pathlib.Path(t).read_text(encoding="utf-8").split("\n") if l]
    compared = 0
    with tempfile.TemporaryDirectory() as name:
        files = pathlib.Path(name)
        for size, references in ((1, 1), (3, 2), (7, 1), (40, 1), (129, 2), (400, 1)):
            refs = rng.sample(lines, size)
            columns = {"r0": refs, "r1": [damage(rng, l, 4) for l in refs]}
            columns["system"] = [damage(rng, l, 6) for l in refs]
            columns["baseline"] = [damage(rng, l, 6) for l in refs]
            for file, column in columns.items():
                (files / file).write_text("".join(l + "\n" for l in column), encoding="utf-8")
            given = [x for i in range(references) for x in ("-r", files / f"r{i}")]
            for metric in METRICS:
                draws = {"metric": metric, "seed": rng.choice([12345, 1, rng.randrange(2**31)])}
                draws.update(resamples=rng.choice([1000, 39, 250]), trials=rng.choice([33, 500]))
                for kind in (None, "bs", "ar"):
                    command = [ingot, "score", metric.rstrip("+"), "--json", *given]
                    command += ["-i", files / "system", *options_of(kind, draws)]
                    command += ["--paired", files / "baseline"] if kind else []
                    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
                    found = json.loads(done.stdout)
                    for p in found.get("paired", []):
                        del p["baseline"]
                    system, baseline = columns["system"], columns["baseline"]
                    both = [columns[f"r{i}"] for i in range(references)]
                    for key, value in members(kind, both, system, baseline, draws).items():
                        compared += 1
                        if found[key] != value:
                            print(f"{draws}, {kind}, {size} lines: {key}: {value}, {found[key]}")
                            sys.exit(1)
    print(f"{compared} results: all equal")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
