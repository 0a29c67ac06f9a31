"""What rouge_score 0.1.2 says of hypotheses.txt against first.txt, and against first.txt and
second.txt: python make_goldens.py [DIR]

expected.tsv: options of `ingot score`, references, its line. The texts are written for this
purpose.
"""

import pathlib, sys
from rouge_score import rouge_scorer

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
TYPES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
h, *r = (
    (OUT / f"{name}.txt").read_text(encoding="utf-8").replace("<n>", "\v").split("\n")[:-1]
    for name in ("hypotheses", "first", "second")
)
h, *r = ([line.replace("\v", "\n") for line in text] for text in (h, *r))

with open(OUT / "expected.tsv", "w", encoding="utf-8") as f:
    for references in (1, 2):
        for stem in (False, True):
            scorer = rouge_scorer.RougeScorer(TYPES, use_stemmer=stem)
            scores = [
                scorer.score_multi([x[i] for x in r[:references]], h[i]) for i in range(len(h))
            ]
            for kind in TYPES:
                mean = lambda of: 100 * sum(getattr(s[kind], of) for s in scores) / len(h)
                print(
                    f"{kind}{' --rouge-stemmer' if stem else ''}",
                    references,
                    f"{kind}|nrefs:{references}|case:lc|tok:rouge|stem:{'yes' if stem else 'no'}"
                    f"|version:rouge_score-0.1.2 = {mean('fmeasure'):.1f} (precision "
                    f"{mean('precision'):.1f}, recall {mean('recall'):.1f})",
                    sep="\t",
                    file=f,
                )
