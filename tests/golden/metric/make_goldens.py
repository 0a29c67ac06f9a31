"""What sacreBLEU 2.6.0 prints for hypotheses.txt against references.txt: python make_goldens.py
[DIR]

expected.tsv: metric, tokenizer, lower case (0, 1), word order, the line. The two texts are written
for this purpose.
"""

import pathlib, sys
from sacrebleu.metrics import BLEU, CHRF, TER

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
h, r = (
    (OUT / f"{name}.txt").read_text(encoding="utf-8").split("\n")[:-1]
    for name in ("hypotheses", "references")
)


def line(metric):
    return metric.corpus_score(h, [r]).format(1, False, metric.get_signature().format())


with open(OUT / "expected.tsv", "w", encoding="utf-8") as f:
    for lower in (False, True):
        for tokenizer in ("13a", "zh", "char", "intl", "none"):
            print(
                "bleu",
                tokenizer,
                int(lower),
                0,
                line(BLEU(tokenize=tokenizer, lowercase=lower)),
                sep="\t",
                file=f,
            )
        for order in (0, 2):
            print(
                "chrf",
                "-",
                int(lower),
                order,
                line(CHRF(word_order=order, lowercase=lower)),
                sep="\t",
                file=f,
            )
    print("ter", "-", 0, 0, line(TER()), sep="\t", file=f)
