"""`ingot score squad` beside the official scripts:

  python bench/parity/squad.py INGOT SQUAD.json [SQUAD.json ...] [--files N] [--goldens FILE]

Takes some questions of a file, perturbs the right answers into predictions (left out, empty, null,
other cases, articles, punctuation, white space, letters of many scripts, parts, other answers,
unknown ids), and compares every figure with squad_scripts.py, by the rules of 1.1 or 2.0 (with and
without numbers for "no answer"), of MLQA in seven languages and of CMRC 2018: N such files (default
1000). --goldens checks squad_scripts.py itself with figures that the official scripts gave. Needs
nltk.
"""

import argparse, json, pathlib, random, subprocess, sys, tempfile
import squad_scripts as scripts

PIECES = (
    "the a an The and' of der die ein el la unos là của cái ال المال 年 月 5年 龦 中 café ΟΔΟΣ İ ß "
    "a\u0301 x–a–y — … …… . , ! ? ( ) [ ] ' '' \" `` `` « » “ ” ‘ ’ „ -- - : :: , 3,5 3: $5 €5 % # "
    "& * @ ; ~ ～ 、 。 《 》 ． ％ ℃ it's don't 'tis 'twas cannot gimme wanna d'ye more'n we'll n't "
    "U.S. a.m. etc.) end.\" ... .. ١٢ １９９８ 😀 ſ ı ' 's s' _ x_y \u3000 \u00a0 \u2028 \u200b \t \n"
).split(" ")


def perturb(rng, text, texts):
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3, 6])):
        at, kind = rng.randint(0, len(text)), rng.randrange(9)
        if kind == 0:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        elif kind == 1:
            text = text[:at] + " " + rng.choice(PIECES) + " " + text[at:]
        elif kind == 2:
            text = text[:at]
        elif kind == 3:
            text = text[at:]
        elif kind == 4:
            text = rng.choice([str.upper, str.title, str.swapcase])(text)
        elif kind == 5:
            text = text.replace(" ", rng.choice(["  ", "\t", "\u3000", "", " \n"]))
        elif kind == 6:
            text = rng.choice(texts)
        elif kind == 7:
            text = " ".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))
        else:
            text = text + rng.choice([".", " .", "...", "'", '"', ",", ":", " ", "\n", ".)"])
    return text


def predict(rng, questions, texts):
    out = {}
    for q in questions:
        kind = rng.randrange(20)
        if kind == 0:
            continue
        right = [a["text"] for a in q["answers"]] or [rng.choice(["", rng.choice(texts)])]
        text = perturb(rng, rng.choice(right), texts)
        out[str(q["id"])] = None if kind == 1 else "" if kind == 2 else text
    for i in range(rng.choice([0, 0, 1, 12])):
        out[f"unknown {i}"] = rng.choice(PIECES)
    return out


def some_questions(rng, data):
    """A file of some questions, of which answers are perturbed, too, and now and then a number."""
    pool = scripts.questions_of(data)
    texts = [a["text"] for q in pool for a in q["answers"]]
    chosen = rng.sample(pool, min(len(pool), rng.randint(1, 40)))
    questions = []
    for i, q in enumerate(chosen):
        answers = [dict(a) for a in q["answers"]]
        for a in answers:
            if rng.random() < 0.2:
                a["text"] = perturb(rng, a["text"], texts)
        if answers and rng.random() < 0.3:
            answers.append({"text": perturb(rng, rng.choice(texts), texts), "answer_start": 0})
        questions.append({"id": i if rng.random() < 0.1 else q["id"], "question": "q?"})
        questions[-1]["answers"] = answers
        if not answers:
            questions[-1]["is_impossible"] = True
    return questions, texts


def ask_ingot(ingot, files, options):
    command = [ingot, "score", "squad", "-r", files / "r", "-i", files / "p", "--json"]
    done = subprocess.run(command + options, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def ways(rng, questions, odds):
    """Options, and what the script of that way computes."""
    if any(not q["answers"] for q in questions) or rng.random() < 0.3:
        yield ["--version", "2"], lambda d, p: scripts.score_v2(d, p)
        threshold = rng.choice([1.0, 0.5, 0.0, odds[rng.choice(list(odds))]])
        options = ["--version", "2", "--null-odds", "ODDS", "--null-threshold", repr(threshold)]
        yield options, lambda d, p: scripts.score_v2(d, p, odds, threshold)
        return
    plain = scripts.score_plain
    yield ["--version", "1"], lambda d, p: plain(scripts.Rules("1.1"), d, p)
    yield ["--language", "zh"], lambda d, p: plain(scripts.Rules("cmrc"), d, p)
    code = rng.choice(list(scripts.ARTICLES))
    option = "zh-mlqa" if code == "zh" else code
    yield ["--language", option], lambda d, p: plain(scripts.Rules("mlqa", code), d, p)


def compare_file(rng, ingot, files, data):
    questions, texts = some_questions(rng, data)
    corpus = {"version": "x", "data": [{"paragraphs": [{"context": "c", "qas": questions}]}]}
    predictions = predict(rng, questions, texts)
    ids = [str(q["id"]) for q in questions] + ["nobody's"]
    rng.shuffle(ids)
    odds = {i: rng.choice([0, 1, 0.25, rng.uniform(-3, 3)]) for i in ids}
    for name, content in (("r", corpus), ("p", predictions), ("odds", odds)):
        ascii_only = rng.random() < 0.5
        (files / name).write_text(json.dumps(content, ensure_ascii=ascii_only), encoding="utf-8")
    figures = 0
    for options, script in ways(rng, questions, odds):
        if "--null-odds" in options and not set(predictions) & set(ids):
            continue  # the script divides by no predictions
        options = [str(files / "odds") if o == "ODDS" else o for o in options]
        found = ask_ingot(ingot, files, options)
        for name, value in script(corpus, predictions).items():
            figures += 1
            if found[name] != value:
                print(f"{options}: {name}: expected {value!r}, found {found[name]!r}")
                print(f"the files are in {files}")
                sys.exit(1)
    return figures


def check_goldens(path):
    goldens = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    kinds = {"squad_v1.1": "1.1", "squad_v2.0": "2.0", "mlqa": "mlqa"}
    for name in ("squad_v1.1", "squad_v2.0", "mlqa", "cmrc2018", "drcd"):
        for case in goldens[name]:
            rules = scripts.Rules(kinds.get(name, "cmrc"), case.get("lang", "en"))
            answers = case["gold"]
            if rules.kind == "2.0":
                answers = [a for a in answers if scripts.squad_words(a)] or [""]
            assert max(rules.exact(case["pred"], a) for a in answers) == case["em"], case
            assert max(rules.f1(case["pred"], a) for a in answers) == case["f1"], case
        print(f"{name}: {len(goldens[name])} goldens")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot")
    parser.add_argument("corpora", nargs="+")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--goldens")
    args = parser.parse_args()
    if args.goldens:
        check_goldens(args.goldens)
    corpora = [json.loads(pathlib.Path(c).read_text(encoding="utf-8")) for c in args.corpora]
    rng = random.Random(7)
    files = pathlib.Path(tempfile.mkdtemp())
    figures = sum(
        compare_file(rng, args.ingot, files, corpora[i % len(corpora)]) for i in range(args.files)
    )
    print(f"{args.files} files, {figures} figures: all equal")


main()
