#!/usr/bin/env python3
"""Directories whose tokenizers got tokens after training, in the ways in which transformers writes
them, and what transformers (5.23) does with them: python make.py

SentencePiece models and vocab.json are those of ../marian_tokenizer. Each directory gets its JSON
files and expected.json.
"""

import json, pathlib, shutil, tempfile
from transformers import MarianTokenizer

HERE = pathlib.Path(__file__).parent
TINY = HERE.parent / "marian_tokenizer"
CONFIG = json.load(open(TINY / "tokenizer_config.json"))
SIZE = len(json.load(open(TINY / "vocab.json")))
TEXTS = [
    "",
    "The cat <tag1> reads {0} a letter.",
    "<tag1>The cat",
    "the cat<tag1>",
    "<tag1>",
    "<tag1><tag1> {0}{0}",
    "<tag1x> <tag <tag12> {0",
    "a <tag1>>>de<< boat {0} >>fr<<",
    ">>xx<< The boat. >>xx<<",
    "the boat </s> <unk>{0} <pad> x",
    "the <strip> boat\t<strip>\u3000 boat<strip>boat",
    "<strip> <strip> the <strip>",
    "  <strip>  ",
    "a <left> boat  <left> boat",
    "a <right>  boat <right> boat",
    "a word boat words sword word, word",
    "word word wordword word",
    "word",
    "swordword <tag1>word {0} word<tag1>",
    "the <sp1> boat<sp2> <mask> <sep>",
    "cat cats",
    "Brücke der Brücken",
]


def flags(content, **given):
    token = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": True,
             "special": False}
    return {"content": content, **token, **given}


SPECIAL = {"special": True, "normalized": False}
DECODER = [
    flags("<tag1>"), flags("{0}"), flags("<tag12>"),
    flags("<strip>", lstrip=True, rstrip=True), flags("<left>", lstrip=True),
    flags("<right>", rstrip=True), flags("word", single_word=True), flags(">>xx<<"),
    flags("<sp1>", **SPECIAL), flags("<sp2>", **SPECIAL), flags("Brücke"),
]
KNOWN = {"0": flags("</s>", **SPECIAL), "1": flags("<unk>", **SPECIAL)}
# name: the JSON files of the directory
CASES = {
    "decoder": {
        "tokenizer_config.json": {
            **CONFIG,
            "added_tokens_decoder": {
                **KNOWN, **{str(SIZE + i): token for i, token in enumerate(DECODER)}
            },
            "additional_special_tokens": ["<sp1>", "<sp2>"],
        },
        # Not read where there is a decoder.
        "added_tokens.json": {"the": SIZE + 30},
        "special_tokens_map.json": {"mask_token": "cat"},
    },
    "file": {
        "tokenizer_config.json": {**CONFIG, "additional_special_tokens": ["<sp1>"]},
        "added_tokens.json": {"<tag1>": SIZE, "{0}": SIZE + 1, "<sp1>": SIZE + 2},
    },
    # Tokens of the vocabulary that are cut out from now on, and one that has another id there.
    "known": {
        "tokenizer_config.json": {**CONFIG, "extra_special_tokens": ["▁cat"]},
        "added_tokens.json": {"{0}": SIZE, "▁b": SIZE + 1},
    },
    # Without ids: they follow the vocabulary.
    "map": {
        "tokenizer_config.json": CONFIG,
        "special_tokens_map.json": {
            "eos_token": "</s>",
            "mask_token": flags("<mask>", lstrip=True),
            "sep_token": "<sep>",
            "additional_special_tokens": ["<sp2>", "<sp1>"],
        },
    },
}


def expect(directory):
    t = MarianTokenizer.from_pretrained(directory)
    out = []
    for text in TEXTS:
        ids = t(text).input_ids
        out.append({"text": text, "ids": ids,
                    "decoded": t.decode(ids, skip_special_tokens=True)})
    return out


for name, files in CASES.items():
    shutil.rmtree(HERE / name, ignore_errors=True)
    (HERE / name).mkdir()
    with tempfile.TemporaryDirectory() as d:
        for f in ("source.spm", "target.spm", "vocab.json"):
            shutil.copy(TINY / f, d)
        for f, content in files.items():
            for to in (d, HERE / name):
                with open(pathlib.Path(to) / f, "w", encoding="utf-8") as out:
                    json.dump(content, out, indent=1, ensure_ascii=False)
        with open(HERE / name / "expected.json", "w", encoding="utf-8") as out:
            json.dump(expect(d), out, indent=0, ensure_ascii=False)
