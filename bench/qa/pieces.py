#!/usr/bin/env python3
"""Writes the pieces that a smaller English encoder keeps of BERT's vocabulary:

    python pieces.py vocab.txt NUMBER TEXT ... > small/vocab.txt

First the special tokens, then every printable ASCII character, alone and as a continuation, and the
signs that English prints; then the pieces that the texts are cut into five times or more; then
BERT's words and parts of words in BERT's order, which is about that of their frequency.
TEXT is plain text or JSON of SQuAD, of which all strings count."""
import collections
import json
import re
import sys
import unicodedata

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIGNS = "–—‘’“”…€£°×−½²³·•′″αβγδλμπσω"


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def words(path):
    text = open(path, encoding="utf-8").read()
    text = "\n".join(strings(json.loads(text))) if path.endswith(".json") else text
    text = unicodedata.normalize("NFD", text.lower())
    text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    return re.findall(r"\w+|[^\w\s]", text)


def cut(word, vocabulary):
    """WordPiece: the longest piece that fits, again and again."""
    pieces, first = [], 0
    while first < len(word):
        for end in range(len(word), first, -1):
            piece = ("##" if first else "") + word[first:end]
            if piece in vocabulary:
                break
        else:
            return []
        pieces.append(piece)
        first = end
    return pieces


def main(vocabulary, number, *texts):
    order = open(vocabulary, encoding="utf-8").read().split("\n")[:-1]
    present = set(order)
    counts = collections.Counter()
    for path in texts:
        for word, times in collections.Counter(words(path)).items():
            for piece in cut(word, present):
                counts[piece] += times
    ascii_characters = [chr(c) for c in range(0x21, 0x7f) if not chr(c).isupper()]
    wanted = SPECIAL + ascii_characters + ["##" + c for c in ascii_characters] + list(SIGNS)
    wanted += [piece for piece, _ in counts.most_common() if counts[piece] >= 5]
    wanted += [piece for piece in order if re.fullmatch("(##)?[a-z]{2,}", piece)]
    kept = list(dict.fromkeys(piece for piece in wanted if piece in present))[:int(number)]
    print("\n".join(kept))


main(*sys.argv[1:])
