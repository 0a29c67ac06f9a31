"""What the official scripts compute for predictions.json: python make_goldens.py [DIR]

By bench/parity/squad_scripts.py, which has their semantics and is checked with their figures. The
texts are written for this purpose. answers.json: every question has an answer. questions.json: the
same in the form of SQuAD 2.0, and questions without answers; rows.jsonl: the second in rows, as
Hugging Face datasets have them. expected.tsv: the reference, options
of `ingot score squad`, the figures. Needs Python 3.11 and nltk.
"""

import json, pathlib, sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "bench" / "parity"))
import squad_scripts as scripts

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
# Right answers and a prediction; None: there is none.
ANSWERED = [
    (["Lake Constance", "the Lake of Constance"], "lake  constance."),
    (["a river of the Alps"], "the river of Alps"),
    (["the"], ""),
    (["an", "The"], "a"),
    (["in 1815, at Vienna", "1815"], "1815 in Vienna"),
    (["re-opened"], "reopened"),
    (["naïve café"], "NAÏVE Café"),
    (["ΛΟΓΟΣ"], "λόγος λογος"),
    (["x – a – y"], "x – – y"),
    (["a\u0301rbol"], "\u0301rbol"),
    (["$5 or €6"], "5 or 6"),
    (["U.S. Navy"], "us navy"),
    (["O'Hara's \"big\" plan (1930)"], "O'Hara 's big plan 1930"),
    (["they cannot go."], "they can not go ."),
    (["'tis what it's"], "'t is what it 's"),
    (["we'll see: 3,5 or 4, perhaps..."], "we 'll see 3,5 or 4 perhaps"),
    (["100\u3000km", "100 km"], "100\u00a0km"),
    (["der Vater der Kinder"], "Vater Kinder"),
    (["einen Teil des Ganzen"], "Teil Ganzen"),
    (["la casa de los padres"], "casa de padres"),
    (["của những người"], "người"),
    (["cái chiếc thuyền"], "thuyền chiếc"),
    (["الماء البارد"], "ماء بارد"),
    (["लाल किला।"], "लाल किला"),
    (["1949年10月1日"], "10月1日"),
    (["《紅樓夢》", "石頭記"], "红樓梦、石頭"),
    (["甲乙丙丁戊己"], "甲乙x丁戊己"),
    (["黄河中下游……流域"], "黄河的流域"),
    (["约3.5%的人（2010年）"], "3.5％的人"),
    (["龥龦 b"], "龥 龦b"),
    (["IBM公司", "国际商业机器"], "ibm 公司"),
    (["‘北京’—上海"], "北京上海"),
    (["left out"], None),
    (["nothing"], ""),
]
UNANSWERABLE = ["", "the", "something", ".", None]


def question(number, answers):
    starts = [{"text": a, "answer_start": number % 7} for a in answers]
    return {"id": f"q{number:02}", "question": "What?", "answers": starts}


def corpus(version, questions):
    context = " ".join(a["text"] for q in questions for a in q["answers"])
    half = len(questions) // 2
    parts = [{"context": context, "qas": q} for q in (questions[:half], questions[half:])]
    return {"version": version, "data": [{"title": "t", "paragraphs": parts}]}


def write(name, content):
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (OUT / name).write_text(text + "\n", encoding="utf-8")


first = [question(i, answers) for i, (answers, _) in enumerate(ANSWERED)]
second = [dict(q, is_impossible=False) for q in first]
for i in range(len(UNANSWERABLE)):
    second.insert(3 * i, dict(question(len(first) + i, []), is_impossible=True))
given = [p for _, p in ANSWERED] + UNANSWERABLE
predictions = {f"q{i:02}": p for i, p in enumerate(given) if p is not None}
predictions["nobody's"] = "x"
odds = {f"q{i * 7 % len(given):02}": i * 5 % 13 / 8 for i in range(len(given))}
answers, questions = corpus("1.1", first), corpus("v2.0", second)
for name, content in (
    ("answers.json", answers),
    ("questions.json", questions),
    ("predictions.json", predictions),
    ("odds.json", odds),
):
    write(name, content)

rows = [
    {
        "id": q["id"],
        "context": " ".join(a["text"] for a in q["answers"]),
        "question": q["question"],
        "answers": {k: [a[k] for a in q["answers"]] for k in ("text", "answer_start")},
    }
    for p in questions["data"][0]["paragraphs"]
    for q in p["qas"]
]
lines = "".join(json.dumps(row) + "\n" for row in rows)
(OUT / "rows.jsonl").write_text(lines, encoding="utf-8")

plain = scripts.score_plain
rows = [("answers", "", plain(scripts.Rules("1.1"), answers, predictions))]
rows.append(("answers", "--version 2", scripts.score_v2(answers, predictions)))
rows.append(("questions", "", scripts.score_v2(questions, predictions)))
rows.append(
    ("questions", "--null-odds odds.json", scripts.score_v2(questions, predictions, odds))
)
rows.append(
    (
        "questions",
        "--null-odds odds.json --null-threshold 0.625",
        scripts.score_v2(questions, predictions, odds, 0.625),
    )
)
rows.append(("answers", "--language zh", plain(scripts.Rules("cmrc"), answers, predictions)))
for code in scripts.ARTICLES:
    option = "--language " + ("zh-mlqa" if code == "zh" else code)
    rows.append(("answers", option, plain(scripts.Rules("mlqa", code), answers, predictions)))
with open(OUT / "expected.tsv", "w", encoding="utf-8") as f:
    for reference, options, figures in rows:
        print(reference, options, json.dumps(figures)[1:-1], sep="\t", file=f)
