#!/usr/bin/env python3
"""Makes this directory: a tiny PegasusTokenizer and what transformers (5.23) does with it.

Needs transformers and sentencepiece; run it in this directory. The text below is our own and as
free as the rest of the repository.

SentencePiece, which Pegasus was trained with, drops white space at the end of what it cuts;
transformers 5 makes the piece "▁" of it. The expected ids are those of SentencePiece, moved up, and
the script makes sure that transformers has the same ones for every text without such an end.
"""

import json
import os
import re

import sentencepiece
from transformers import PegasusTokenizer

ENGLISH = """The cat sits on the warm stone near the river.
A small boat goes down the river in the morning.
We read a letter from the old captain.
The captain waits for the boat near the bridge.
Stones in the river are cold in the morning.
She writes a long letter and reads it twice.
The old bridge is made of stone and wood."""
TEXTS = [
    "",
    "The cat reads a letter.",
    "two  spaces",
    "  both ends",
    "an end  ",
    ">>de<< The boat.",
    "the cat </s> the boat",
    "the cat</s>the boat",
    "<pad>x<unk>",
    "<mask_1>a<mask_2>b<unk_7>c<unk_102>d",
    "<unk_103> <unk_1>",
    "no such letters: ж 日本 😀",
    "\u00a0hard\u3000spaces\u00a0",
    "tab\tthere",
    "low\u2581line",
    "e\u0301",
]
OFFSET = 103
SPECIALS = {"<pad>": 0, "</s>": 1, "<mask_1>": 2, "<mask_2>": 3, "<unk>": 105}
SPECIALS.update({f"<unk_{i}>": i + 2 for i in range(2, OFFSET)})

with open("corpus.txt", "w") as corpus:
    corpus.write(ENGLISH + "\n")
sentencepiece.SentencePieceTrainer.train(
    input="corpus.txt",
    model_prefix="spiece",
    vocab_size=60,
    pad_id=0,
    eos_id=1,
    unk_id=2,
    bos_id=-1,
    # No normalisation table: it alone has 240 kB.
    normalization_rule_name="identity",
    num_threads=1,
    hard_vocab_limit=False,
    minloglevel=2,
)
os.remove("corpus.txt")
os.remove("spiece.vocab")
with open("tokenizer_config.json", "w") as config:
    json.dump({"tokenizer_class": "PegasusTokenizer", "model_max_length": 64}, config)

model = sentencepiece.SentencePieceProcessor(model_file="spiece.model")
tokenizer = PegasusTokenizer.from_pretrained(".")
cut = re.compile("(" + "|".join(re.escape(s) for s in SPECIALS) + ")")


def encode(text):
    ids, ends = [], False
    for part in cut.split(text):
        if part in SPECIALS:
            ids.append(SPECIALS[part])
        else:
            ids += [i + OFFSET for i in model.encode(part)]
            ends = ends or part.endswith(" ")
    return ids + [1], ends


cases = []
for text in TEXTS + ENGLISH.split("\n"):
    ids, ends = encode(text)
    theirs = tokenizer(text).input_ids
    assert ends or ids == theirs, (text, ids, theirs)
    cases.append(
        {
            "text": text,
            "ids": ids,
            "decoded": tokenizer.decode(ids, skip_special_tokens=True),
            "their_ids": theirs,
            "their_decoded": tokenizer.decode(theirs, skip_special_tokens=True),
        }
    )
assert tokenizer.convert_tokens_to_ids(list(SPECIALS)) == list(SPECIALS.values())
with open("expected.json", "w") as expected:
    json.dump(cases, expected, ensure_ascii=False, indent=0)
