"""What sacreBLEU 2.6.0 prints for several references and TER's options: python make_goldens.py

Writes hypotheses.txt, first.txt, second.txt, third.txt (made from the lines below by a small
generator of its own) and expected.tsv: the arguments of `ingot score`, which reads the first N
references, N, and its output.
"""

import pathlib
from sacrebleu.metrics import BLEU, CHRF, TER

OUT = pathlib.Path(__file__).parent
LINES = """The cat's 3,000 toys (all red) cost $1.50 each; Tom's dog has 2-3.
"Well," he said, "it is A&amp;B, not A&lt;B or &quot;C&quot; &gt; D."
Peter.. went, home... at 10:30, 5-6 p.m. -- John's
我们在2024年，去了东京。（很好！）
これは、テストです。カタカナ・ひらがな
a b c d e f g h i j k l m n o p
THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG
It's , as he said , 1.5 x 2,5 = 3.75 ; isn't it ?
&amp;lt; is read twice, 's is not; [x] {y} ~z `q` ^w _v

Tom ist heute nicht im Haus.
㍿ 豈 ⺀ ㇀ ㈱ ｡｢｣ ､･ ．，？：；！＂（）
""".split("\n")[:-1]


def vary(seed):
    state = seed

    def draw(n):
        nonlocal state
        state = state * 16807 % 2147483647
        return state // 1000 % n

    for line in LINES:
        words = line.split(" ")
        for _ in range(1 + len(words) // 4):
            at, what = draw(len(words)), draw(6)
            if what == 0:
                words[at] = words[at].lower()
            elif what == 1:
                words.insert(at, words[draw(len(words))])
            elif what == 2 and len(words) > 2:
                del words[at]
            elif what == 3:
                words.insert(draw(len(words)), words.pop(at))
            elif what == 4:
                words[at] = words[at].strip(".,;()'")
            else:
                words[at] = words[at][::-1] if words[at].isascii() else words[at][1:]
        yield " ".join(words)


texts = [[line.rstrip() for line in vary(seed)] for seed in (11, 22, 33, 44)]
for name, text in zip(("hypotheses", "first", "second", "third"), texts):
    (OUT / f"{name}.txt").write_text("".join(f"{line}\n" for line in text), encoding="utf-8")

METRICS = {
    "bleu": BLEU(),
    "bleu --tokenize zh --lowercase": BLEU(tokenize="zh", lowercase=True),
    "chrf": CHRF(),
    "chrf --chrf-word-order 2 --lowercase": CHRF(word_order=2, lowercase=True),
}
TER_OPTIONS = {
    "--ter-case-sensitive": {"case_sensitive": True},
    "--ter-normalized": {"normalized": True},
    "--ter-no-punct": {"no_punct": True},
    "--ter-asian-support": {"asian_support": True},
}
for bits in range(16):
    chosen = [o for i, o in enumerate(TER_OPTIONS) if bits >> i & 1]
    if bits >> 3 and not bits & 6:
        continue  # --ter-asian-support alone has no effect
    settings = {}
    for option in chosen:
        settings |= TER_OPTIONS[option]
    METRICS[" ".join(["ter", *chosen])] = TER(**settings)

with open(OUT / "expected.tsv", "w", encoding="utf-8") as f:
    for arguments, metric in METRICS.items():
        for count in (1, 2, 3):
            score = metric.corpus_score(texts[0], texts[1 : 1 + count])
            line = score.format(1, False, metric.get_signature().format())
            print(arguments, count, line, sep="\t", file=f)
