#!/usr/bin/env python3
"""Compares tokenizers with transformers (5.23): ids, decoded texts and the places of tokens, of
every line of text files (.gz too) and of random Unicode strings.

Usage: ids.py BENCH_TOKENIZE FAMILY DIRECTORY [TEXT_FILE ...] [--class NAME] [--random N]
              [--no-places] [--words] [--wrong]

With --words the ids without special tokens, their places and words are compared, and what stands
beside a pair of texts; else ids, decoded texts and places.

FAMILY is one of Ingot's. The class is NAME, as RobertaTokenizer, or else that of DIRECTORY's
tokenizer_config.json. --wrong is the negative control: one id of the last text is changed, and the
comparison must fail."""
import argparse
import gzip
import itertools
import json
import random
import subprocess
import sys

import transformers

EDGES = list(" \t\n\r'stmdrvel.,!?aZ09()$") + [
    "'s", "'re", "'ll", "  ", "\u00a0", "\u3000", "\u2028", "\u0085", "\u001c", "\u200b",
    "\u0130", "\u0001", "\u00ad", "\u0301", "\u00bd", "\u2163", "\u0344", "\u0663", "\u0903",
    "\u1100", "\u1161", "\uff21", "\ufb01", "\uff76", "\u3099", "\uac00", "\u4e2d", "\U00020000",
    "\U0001f642", "\U0001f468\u200d\U0001f469", "\ufeff", "\ufffd", "\U00011de0", "\U000323af",
    "<s>", "</s>", "<mask>", "<pad>", "<unk>", "<extra_id_0>", "<extra_id_99>", "<extra_id_100>",
    "[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "##s", "##",
    "<x>", "\u0120", "\u010a", "\u20ac", "\u2581", "\u2581\u2581", "\u0915\u094d\u0937", "\r\n"]


def random_text(draw):
    """Edge characters, or any characters of all planes, or both."""
    kind = draw.randrange(3)
    out = []
    for _ in range(draw.randrange(1, 40)):
        if kind == 0 or (kind == 2 and draw.random() < 0.5):
            out.append(draw.choice(EDGES))
        else:
            code = draw.choice([draw.randrange(1, 0x3000), draw.randrange(1, 0x110000)])
            out.append("x" if 0xD800 <= code < 0xE000 else chr(code))
    return "".join(out)


def read_texts(options):
    texts = []
    for name in options.files:
        opened = gzip.open if name.endswith(".gz") else open
        with opened(name, "rt", encoding="utf-8", errors="replace", newline="\n") as file:
            texts += [line.rstrip("\n").replace("\0", " ") for line in file]
    draw = random.Random(1)
    texts += [random_text(draw) for _ in range(options.random)]
    return texts


def load(options):
    name = options.name
    if name is None:
        with open(f"{options.directory}/tokenizer_config.json", encoding="utf-8") as file:
            name = json.load(file)["tokenizer_class"]
    return getattr(transformers, name).from_pretrained(options.directory)


def characters(text, places):
    """(begin, end) of each token, in characters; what is no whole character is None."""
    at = {0: 0}
    for i, length in enumerate(itertools.accumulate(len(c.encode()) for c in text)):
        at[length] = i + 1
    places = [at.get(int(p)) for p in places.split()]
    return list(zip(places[0::2], places[1::2]))


def numbers(field):
    return [int(n) for n in field.split()]


def run(options, mode, texts):
    done = subprocess.run([options.program, options.family, options.directory, mode], check=True,
                          stdout=subprocess.PIPE, input="".join(t + "\0" for t in texts).encode())
    return done.stdout.split(b"\0")


def compare_frame(theirs, fields):
    """What stands beside a pair, whose texts have a token each."""
    before, before_types, between, between_types, after, after_types, types = map(numbers, fields)
    word = "a"
    token = theirs(word, add_special_tokens=False)["input_ids"]
    pair = theirs(word, word, return_token_type_ids=True)
    want = (pair["input_ids"], pair["token_type_ids"])
    found = (before + token + between + token + after,
             before_types + types[:1] * len(token) + between_types + types[1:] * len(token)
             + after_types)
    if want == found:
        return 0
    print(f"pair\n  expected {want}\n  found    {found}")
    return 1


def compare_words(options, texts):
    fields = run(options, "words", texts)
    theirs = load(options)
    different = compare_frame(theirs, fields[:7])
    fields = fields[7:]
    if options.wrong:
        fields[-2] += b"1"
    different += len(fields) != 3 * len(texts) + 1
    for begin in range(0, len(texts), 10000):
        batch = theirs(texts[begin:begin + 10000], add_special_tokens=False,
                       return_offsets_mapping=True)
        for i, want in enumerate(batch["input_ids"]):
            text, at = texts[begin + i], 3 * (begin + i)
            expected = (want, batch["offset_mapping"][i], batch.word_ids(i))
            found = (numbers(fields[at]), characters(text, fields[at + 1]),
                     numbers(fields[at + 2]))
            if expected == found:
                continue
            different += 1
            if different <= 10:
                print(f"{text!r}\n  expected {expected}\n  found    {found}")
    print(f"{len(texts)} texts and a pair, {different} different")
    return 1 if different else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("family")
    parser.add_argument("directory")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--class", dest="name")
    parser.add_argument("--random", type=int, default=20000)
    parser.add_argument("--no-places", dest="places", action="store_false")
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    texts = read_texts(options)
    if options.words:
        return compare_words(options, texts)
    fields = run(options, "places", texts)
    ours = [([int(i) for i in ids.split()], back.decode(), characters(text, places))
            for text, ids, back, places in zip(texts, fields[0::3], fields[1::3], fields[2::3])]
    if options.wrong:
        ours[-1][0][-1] += 1
    theirs = load(options)
    different = 0 if len(ours) == len(texts) else 1
    for begin in range(0, len(texts), 10000):
        batch = theirs(texts[begin:begin + 10000], return_offsets_mapping=options.places)
        offsets = batch["offset_mapping"] if options.places else itertools.repeat(None)
        for text, want, offset, (ids, back, places) in zip(texts[begin:], batch["input_ids"],
                                                           offsets, ours[begin:]):
            decoded = theirs.decode(want, skip_special_tokens=True,
                                    clean_up_tokenization_spaces=False)
            if want == ids and decoded == back and offset in (None, places):
                continue
            different += 1
            if different <= 10:
                print(f"{text!r}\n  expected {want} {decoded!r} {offset}\n"
                      f"  found    {ids} {back!r} {places}")
    print(f"{len(texts)} texts, {different} different")
    return 1 if different else 0


sys.exit(main())
