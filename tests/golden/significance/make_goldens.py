"""What sacreBLEU 2.6.0 computes by --confidence, --paired-bs and --paired-ar for the texts of
../references, of which third.txt is the other system: python make_goldens.py [DIR]

expected.tsv: arguments of `ingot score`, and members of its JSON.
"""

import json, pathlib, sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "bench" / "parity"))
import sacrebleu_significance as significance

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE)
hypotheses, first, second, third = (
    (HERE.parent / "references" / f"{name}.txt").read_text(encoding="utf-8").split("\n")[:-1]
    for name in ("hypotheses", "first", "second", "third")
)
with open(OUT / "expected.tsv", "w", encoding="utf-8") as f:
    for metric in significance.METRICS:
        draws = {"metric": metric, "seed": 12345, "resamples": 1000, "trials": 1000}
        for kind in (None, "bs", "ar"):
            if kind == "ar":
                draws.update(seed=2**31 - 1, resamples=77)
            members = significance.members(kind, [first, second], hypotheses, third, draws)
            for paired in members.get("paired", []):
                paired["baseline"] = "third.txt"
                members["paired"] = [{"baseline": paired.pop("baseline"), **paired}]
            given = [metric.rstrip("+"), *significance.options_of(kind, draws)]
            given += ["--paired", "third.txt"] if kind else []
            print(" ".join(given), json.dumps(members)[1:-1], sep="\t", file=f)
