#!/usr/bin/env python3
"""Makes this directory: a tiny T5Tokenizer, and what it and a ByT5Tokenizer of transformers (5.23)
do with the texts below. Offsets count code points.

Needs transformers and sentencepiece; run it in this directory. The text is our own and as free as
the rest of the repository. The table of normalizations is a small one, with rules of every kind:
longer, shorter, empty, and one that begins another."""
import json
import os

import sentencepiece
from transformers import ByT5Tokenizer, T5Tokenizer

ENGLISH = """The cat sits on the warm stone near the river.
A small boat goes down the river in the morning.
We read a letter from the old captain of the office.
The captain waits for the boat near the bridge.
Stones in the river are cold in the morning, aren't they?
The old bridge is made of stone and wood, 1234 years old."""
RULES = [("FB01", "66 69"), ("FF21", "41"), ("FF21 301", "C1"), ("2026", "2E 2E 2E"), ("9", "20"),
         ("A0", "20"), ("A", "20"), ("D", "20"), ("D A", "20"), ("200B", ""), ("1", ""),
         ("41 301", "C1"), ("1100 1161", "AC00")]
TEXTS = [
    "", " ", "   ", "The cat reads a letter.", "two  spaces", "  both ends  ", "tab\tand\u00a0hard",
    "\ufb01ne of\ufb01ce \ufb01\u0301", "\uff21 \uff21\u0301 A\u0301 \u2026", "\u0001yz a\u0001b",
    "\u200b\u200bx y\u200b", "a\r\nb\n", "\u1100\u1161 \uac00", "low\u2581line \u2581\u2581x",
    "the cat </s> the boat", "the cat</s>the boat", "<pad>x<unk>y", "<extra_id_0> a<extra_id_99>",
    "<extra_id_100> <extra_id_-1>", "no such letters: \u0436 \u65e5\u672c \U0001f600\U0001f600 x",
    "<x>a <x>", "a$b$5.00", "x\u0301y", "\U0001f468\u200d\U0001f469 \u0915\u094d\u0937", "</s>",
    "ends </s>", "\u00e9\u00fc\u0130",
]

with open("corpus.txt", "w") as corpus:
    corpus.write(ENGLISH + "\n")
with open("rules.tsv", "w") as rules:
    rules.writelines(f"{a}\t{b}\n" for a, b in RULES)
sentencepiece.SentencePieceTrainer.train(
    input="corpus.txt", model_prefix="spiece", vocab_size=120, pad_id=0, eos_id=1, unk_id=2,
    bos_id=-1, normalization_rule_tsv="rules.tsv", user_defined_symbols=["<x>", "$"],
    num_threads=1, hard_vocab_limit=False, minloglevel=2)
for name in "corpus.txt", "rules.tsv", "spiece.vocab":
    os.remove(name)
with open("tokenizer_config.json", "w") as config:
    json.dump({"tokenizer_class": "T5Tokenizer", "extra_ids": 100, "model_max_length": 64}, config)


def cases_of(tokenizer, with_offsets):
    cases = []
    for text in TEXTS + ENGLISH.split("\n"):
        encoding = tokenizer(text, return_offsets_mapping=with_offsets)
        cases.append({"text": text, "ids": encoding["input_ids"],
                      "decoded": tokenizer.decode(encoding["input_ids"], skip_special_tokens=True)})
        if with_offsets:
            cases[-1]["offsets"] = encoding["offset_mapping"]
    return cases


expected = {"t5": cases_of(T5Tokenizer.from_pretrained("."), True),
            "byt5": cases_of(ByT5Tokenizer(), False)}
with open("expected.json", "w") as file:
    json.dump(expected, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
