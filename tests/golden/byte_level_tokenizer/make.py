#!/usr/bin/env python3
"""Makes this directory: a tiny RobertaTokenizer and what transformers (5.23) does with it.

Needs transformers; run it in this directory. The text below is our own and as free as the rest of
the repository."""
import json
import os

from tokenizers import ByteLevelBPETokenizer
from transformers import RobertaTokenizer

ENGLISH = """The cat sits on the warm stone near the river, isn't it?
A small boat goes down the river in the morning. They'll wait; we've read it.
We read a letter from the old captain of 1234 boats.
Über die Brücke gehen 12 Leute. Le café est là.
aaaa aaaaaa aaaaaaaa banana
"""
TEXTS = [
    "", " ", "   ", "The cat", " The cat", "the  cat ", "a\n b", "a \n\n b\t",
    "it's WE'LL 'tis ''s !'s", "x's they've we'll I'm you'd don't they're", "’s 'S",
    "1234 ½ ² x² Ⅳ ٣a 12boats", "a\u00a0b\u3000c", "\u2028x\u0085y\u200bz\u001cw",
    "é🙂 日本語 e\u0301 Über", "a" * 300, "banana" * 50, "ab" * 33 + " 7" * 9,
    "fill <mask> in<mask>", "a \t<mask>b", "a \u001c<mask>", "a \u3000<mask>", "x</s>y <s>",
    "<pad><unk>", "<tag> a <tag>b", "!!?? ... «ça»",
    "\U00011de0\U000323af\U0010ffff\ufeff\ufffd", "Ġ Ċ é",
]

with open("corpus.txt", "w") as corpus:
    corpus.write(ENGLISH)
trained = ByteLevelBPETokenizer()
trained.train(["corpus.txt"], vocab_size=330, min_frequency=2,
              special_tokens=["<s>", "<pad>", "</s>", "<unk>"])
trained.add_special_tokens(["<mask>"])
trained.save_model(".")
os.remove("corpus.txt")
with open("vocab.json") as file:
    vocabulary = json.load(file)
vocabulary["<mask>"] = len(vocabulary)
with open("vocab.json", "w") as file:
    json.dump(vocabulary, file, ensure_ascii=False, separators=(",", ":"))
CONFIG = {"tokenizer_class": "RobertaTokenizer", "model_max_length": 64, "add_prefix_space": False}
MAP = {"mask_token": {"content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False,
                      "normalized": True}}
with open("tokenizer_config.json", "w") as file:
    json.dump(CONFIG, file)
with open("special_tokens_map.json", "w") as file:
    json.dump(MAP, file)
with open("added_tokens.json", "w") as file:
    json.dump({"<tag>": len(vocabulary)}, file)

expected = {}
for name, prefix in (("plain", False), ("prefixed", True)):
    tokenizer = RobertaTokenizer.from_pretrained(".", add_prefix_space=prefix)
    expected[name] = []
    for text in TEXTS:
        encoding = tokenizer(text, return_offsets_mapping=True)
        expected[name].append({
            "text": text,
            "ids": encoding["input_ids"],
            "offsets": encoding["offset_mapping"],
            "decoded": tokenizer.decode(encoding["input_ids"], skip_special_tokens=True),
        })
# Ids that are half of a character: each maximal subpart becomes U+FFFD.
expected["broken"] = []
for tokens in (["Ã", "a"], ["ð", "Ł", "Ļ", "Ċ"], ["é", "<tag>", "Ġ"], ["â", "Ģ", "â", "Ģ", "¨"]):
    ids = [vocabulary.get(token, len(vocabulary)) for token in tokens]
    expected["broken"].append({"ids": ids, "decoded": tokenizer.decode(ids)})
with open("expected.json", "w") as file:
    json.dump(expected, file, indent=0)
    file.write("\n")
