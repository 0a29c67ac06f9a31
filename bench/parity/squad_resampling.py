"""Intervals and paired tests of `ingot score squad` beside numpy:

  python bench/parity/squad_resampling.py INGOT SQUAD.json [SQUAD.json ...]

Spoils the right answers of each file into two systems, takes exact match and F1 of every question
from --per-question, and draws questions or articles with numpy's own generator, as sacreBLEU draws
lines: intervals, the paired bootstrap and the randomisation test. All numbers must agree within
1e-9, and articles must give other intervals than questions.
"""

import json, pathlib, random, subprocess, sys, tempfile
import numpy as np

DRAWS = dict(resamples=400, trials=300, seed=12345)


def articles_of(data):
    """The number of the article of each question, in the order of the file."""
    return [a for a, article in enumerate(data["data"]) for p in article["paragraphs"]
            for _ in p["qas"]]


def predict(rng, data):
    out = {}
    for article in data["data"]:
        skill = rng.random()  # of the system for the article: its questions depend on one another
        for q in (q for p in article["paragraphs"] for q in p["qas"]):
            text = q["answers"][0]["text"] if q["answers"] else ""
            right = rng.random() < skill
            out[str(q["id"])] = text if right else " ".join(text.split()[1:]) or "nothing"
    return out


def score(ingot, files, name, options):
    command = [ingot, "score", "squad", "-r", files / "r", "-i", files / name, "--json",
               "--per-question", files / "rows", *options]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    rows = [line.split("\t")[1:3] for line in (files / "rows").read_text("utf-8").splitlines()]
    return json.loads(done.stdout), np.array(rows, dtype=float)


def sums_of(values, items):
    """(items, 2): the sum of a figure, and how many questions."""
    out = np.zeros((max(items) + 1, 2))
    np.add.at(out, items, np.stack([values, np.ones(len(values))], 1))
    return out[out[:, 1] > 0]


def value(sums):
    return 100 * sums[..., 0] / sums[..., 1]


def resampled(generator, sums):
    drawn = generator.choice(len(sums), size=(DRAWS["resamples"], len(sums)), replace=True)
    return value(sums[drawn].sum(1))


def interval(values):
    ordered = np.sort(values)
    cut = len(ordered) // 40
    return ordered.mean(), (ordered[len(ordered) - 1 - cut] - ordered[cut]) / 2


def generator():
    return np.random.default_rng(DRAWS["seed"])


def bootstrap(system, baseline):
    real = abs(value(system.sum(0)) - value(baseline.sum(0)))
    apart = np.abs(resampled(generator(), system) - resampled(generator(), baseline))
    return (np.sum(apart - apart.mean() > real) + 1) / (DRAWS["resamples"] + 1)


def randomisation(system, baseline):
    real = abs(value(system.sum(0)) - value(baseline.sum(0)))
    mask = generator().integers(2, size=(DRAWS["trials"], len(system)), dtype=bool)
    first = mask @ baseline + ~mask @ system
    second = mask @ system + ~mask @ baseline
    apart = np.abs(value(first) - value(second))
    return (np.sum(apart > real) + 1) / (DRAWS["trials"] + 1)


def compare(name, expected, found):
    if abs(expected - found) > 1e-9:
        sys.exit(f"{name}: expected {expected!r}, found {found!r}")


def compare_way(ingot, files, what, items):
    common = ["--seed", DRAWS["seed"], "--resample", what]
    bs = ["--resamples", DRAWS["resamples"]]
    alone, system = score(ingot, files, "system", common + bs + ["--confidence"])
    _, baseline = score(ingot, files, "baseline", [])
    paired = common + ["--paired", files / "baseline", "--paired-test"]
    both = score(ingot, files, "system", paired + ["bs"] + bs)[0]
    randomised = score(ingot, files, "system", paired + ["ar", "--trials", DRAWS["trials"]])[0]
    halves = []
    for i, figure in enumerate([next(iter(alone)), "f1"]):
        ours, theirs = sums_of(system[:, i], items), sums_of(baseline[:, i], items)
        mean, half = interval(resampled(generator(), ours))
        name = f"{what}, {figure}"
        compare(f"{name}, mean", mean, alone[f"{figure}_confidence_mean"])
        compare(f"{name}, interval", half, alone[f"{figure}_confidence_var"])
        compare(f"{name}, bs", bootstrap(ours, theirs), both[f"{figure}_paired"][0]["p_value"])
        compare(f"{name}, ar", randomisation(ours, theirs),
                randomised[f"{figure}_paired"][0]["p_value"])
        halves.append(half)
    return halves


def main(ingot, paths):
    rng = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        files = pathlib.Path(folder)
        for path in paths:
            data = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
            (files / "r").write_text(json.dumps(data), encoding="utf-8")
            for name in ("system", "baseline"):
                (files / name).write_text(json.dumps(predict(rng, data)), encoding="utf-8")
            articles = articles_of(data)
            by_question = compare_way(ingot, files, "questions", list(range(len(articles))))
            by_article = compare_way(ingot, files, "articles", articles)
            if by_question == by_article:
                sys.exit(f"{path}: articles give the intervals of questions")
            print(f"{path}: {len(articles)} questions of {articles[-1] + 1} articles: equal; F1 "
                  f"± {by_question[1]:.2f} by questions, ± {by_article[1]:.2f} by articles")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
