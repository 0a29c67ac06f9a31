"""ROUGE as rouge_score computes it: python bench/parity/rouge.py INGOT TEXT [TEXT ...]

Takes lines of the texts, damages them word by word, and compares every score of
`ingot score rouge --sentence --json` with rouge_score's F-measure, with and without
stems, with one and two references. Needs rouge_score 0.1.2.
"""

import json, random, subprocess, sys, tempfile, pathlib
from rouge_score import rouge_scorer

TYPES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]


def damage(rng, line):
    words = line.split(" ")
    for _ in range(rng.randint(0, 6)):
        at = rng.randrange(len(words))
        kind = rng.randrange(5)
        if kind == 0:
            words.pop(at)
        elif kind == 1:
            words.insert(at, rng.choice(words))
        elif kind == 2:
            words[at] += rng.choice(["s", "ing", "ed", "ly", ".", "ness"])
        elif kind == 3:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        else:
            words.insert(at, "<n>")
        if not words:
            return ""
    return " ".join(words)


def ours(ingot, directory, references, stem):
    options = ["--rouge-stemmer"] if stem else []
    files = [x for r in range(references) for x in ("-r", directory / f"r{r}")]
    command = [ingot, "score", "rouge", "--sentence", "--json", "--rouge-sentence-end", "<n>"]
    out = subprocess.run(
        command + options + files + ["-i", directory / "h"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    ).stdout
    return [json.loads(line)["score"] for line in out.splitlines()]


def main(ingot, texts):
    rng = random.Random(7)
    lines = [l for t in texts for l in pathlib.Path(t).read_text(encoding="utf-8").split("\n") if l]
    lines = [" ".join(rng.sample(lines, 3)) if i % 3 == 0 else l for i, l in enumerate(lines)]
    columns = [[damage(rng, l) for l in lines] for _ in range(3)]
    worst = 0
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        for file, column in zip(("h", "r0", "r1"), columns):
            (directory / file).write_text("".join(l + "\n" for l in column), encoding="utf-8")
        for stem in (False, True):
            scorer = rouge_scorer.RougeScorer(TYPES, use_stemmer=stem)
            for references in (1, 2):
                found = iter(ours(ingot, directory, references, stem))
                for i in range(len(lines)):
                    h, *r = (c[i].replace("<n>", "\n") for c in columns)
                    expected = scorer.score_multi(r[:references], h)
                    for kind in TYPES:
                        off = abs(next(found) - 100 * expected[kind].fmeasure)
                        worst = max(worst, off)
                        if off > 1e-6:
                            print(f"line {i + 1}, {kind}, stem {stem}, {references}: off by {off}")
                            sys.exit(1)
                assert next(found, None) is None
    print(f"{len(lines)} lines, 16 scores each: largest difference {worst:.1e}")


main(sys.argv[1], sys.argv[2:])
