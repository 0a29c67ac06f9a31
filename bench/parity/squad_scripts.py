"""What the official scripts of SQuAD 1.1, SQuAD 2.0, MLQA and CMRC 2018 compute, written anew.

Sums run in the scripts' order, so that all digits are theirs (with Python 3.11: later ones sum
floats more exactly). Where they fail, as this project decides: a missing prediction is wrong, a
prediction of null is "" (for CMRC: the script's "None"). CMRC needs nltk.
"""

import collections
import re
import string
import sys
import unicodedata

ARTICLES = {
    "en": "a an the",
    "es": "un una unos unas el la los las",
    "hi": "",
    "vi": "của là cái chiếc những",
    "de": "ein eine einen einem eines einer der die das den dem des",
    "ar": "",
    "zh": "",
}
MARKS = {
    chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c))[0] == "P"
} | set(string.punctuation)
CMRC_MARKS = set("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")


def is_han(c):
    return "\u4e00" <= c <= "\u9fa5"


def without_articles(text, language):
    if language == "ar":
        return text.replace("\u0627\u0644", " ")
    if not ARTICLES[language]:
        return text
    return re.sub(r"\b(%s)\b" % ARTICLES[language].replace(" ", "|"), " ", text)


def words_apart(text, cut):
    """Chinese characters, and what `cut` makes of the stretches between them."""
    out, stretch = [], ""
    for c in text:
        if is_han(c):
            out += (cut(stretch) if stretch else []) + [c]
            stretch = ""
        else:
            stretch += c
    return out + (cut(stretch) if stretch else [])


def squad_words(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return without_articles(text, "en").split()


def mlqa_words(text, language):
    text = "".join(c for c in text.lower() if c not in MARKS)
    text = without_articles(text, language)
    return words_apart(text, str.split) if language == "zh" else text.split()


def cmrc_text(text):
    return "".join(c for c in text.lower().strip() if c not in CMRC_MARKS)


def cmrc_words(text):
    from nltk.tokenize import word_tokenize

    return words_apart(cmrc_text(text), lambda s: word_tokenize(s, preserve_line=True))


def f1(matches, predicted, right):
    if matches == 0:
        return 0
    precision, recall = matches / predicted, matches / right
    return 2 * precision * recall / (precision + recall)


def bag_f1(prediction, right):
    common = collections.Counter(prediction) & collections.Counter(right)
    return f1(sum(common.values()), len(prediction), len(right))


def longest_stretch(a, b):
    best, row = 0, [0] * (len(b) + 1)
    for x in a:
        row = [0] + [row[j] + 1 if x == y else 0 for j, y in enumerate(b)]
        best = max([best] + row)
    return best


class Rules:
    """exact(prediction, answer) and f1(prediction, answer) of one script."""

    def __init__(self, kind, language="en"):
        self.kind, self.language = kind, language

    def words(self, text):
        if self.kind == "cmrc":
            return cmrc_words(text)
        return mlqa_words(text, self.language) if self.kind == "mlqa" else squad_words(text)

    def exact(self, prediction, answer):
        if self.kind == "cmrc":
            return int(cmrc_text(prediction) == cmrc_text(answer))
        return int(" ".join(self.words(prediction)) == " ".join(self.words(answer)))

    def f1(self, prediction, answer):
        p, a = self.words(prediction), self.words(answer)
        if self.kind == "cmrc":
            return f1(longest_stretch(a, p), len(p), len(a))
        if self.kind == "2.0" and not (p and a):
            return int(p == a)
        return bag_f1(p, a)


def questions_of(data):
    return [q for a in data["data"] for p in a["paragraphs"] for q in p["qas"]]


def score_plain(rules, data, predictions):
    """1.1, MLQA, CMRC: sums over all questions in the order of the file."""
    exact = total_f1 = total = missing = 0
    for q in questions_of(data):
        total += 1
        if str(q["id"]) not in predictions:
            missing += 1
            continue
        p = predictions[str(q["id"])]
        if p is None:
            p = "None" if rules.kind == "cmrc" else ""
        answers = [a["text"] for a in q["answers"]]
        exact += max(rules.exact(p, a) for a in answers)
        total_f1 += max(rules.f1(p, a) for a in answers)
    em, f = 100.0 * exact / total, 100.0 * total_f1 / total
    if rules.kind == "cmrc":
        average = (em + f) * 0.5
        return {"AVERAGE": average, "F1": f, "EM": em, "TOTAL": total, "SKIP": missing}
    return {"exact_match": em, "f1": f}


def best_threshold(predictions, scores, odds, answerable):
    now = best = sum(not a for a in answerable.values())
    threshold = 0.0
    for i in sorted(odds, key=lambda i: odds[i]):
        if i not in scores:
            continue
        now += scores[i] if answerable[i] else (-1 if predictions[i] else 0)
        if now > best:
            best, threshold = now, odds[i]
    return 100.0 * best / len(scores), threshold


def score_v2(data, predictions, odds=None, threshold=1.0):
    rules = Rules("2.0")
    predictions = {i: "" if p is None else p for i, p in predictions.items()}
    answerable, exact, total_f1 = {}, {}, {}
    for q in questions_of(data):
        i = str(q["id"])
        answerable[i] = bool(q["answers"])
        answers = [a["text"] for a in q["answers"] if squad_words(a["text"])] or [""]
        if i in predictions:
            exact[i] = max(rules.exact(predictions[i], a) for a in answers)
            total_f1[i] = max(rules.f1(predictions[i], a) for a in answers)

    def applied(scores):
        def one(i):
            if i not in scores:
                return 0
            return float(not answerable[i]) if odds and odds[i] > threshold else scores[i]

        return {i: one(i) for i in answerable}

    final_exact, final_f1 = applied(exact), applied(total_f1)
    out = {}
    for name, ids in (
        ("", list(answerable)),
        ("HasAns_", [i for i in answerable if answerable[i]]),
        ("NoAns_", [i for i in answerable if not answerable[i]]),
    ):
        if not ids:
            continue
        sums = [0, 0]
        for i in ids:  # from left to right
            sums[0] += final_exact[i]
            sums[1] += final_f1[i]
        out[name + "exact"] = 100.0 * sums[0] / len(ids)
        out[name + "f1"] = 100.0 * sums[1] / len(ids)
        out[name + "total"] = len(ids)
    if odds:
        for name, scores in (("best_exact", exact), ("best_f1", total_f1)):
            best, at = best_threshold(predictions, scores, odds, answerable)
            out[name], out[name + "_thresh"] = best, at
    return out
