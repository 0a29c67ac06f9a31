#!/usr/bin/env python3
"""Makes this directory: small WordPiece tokenizers in the files of transformers' BertTokenizer, and
what they do with the texts below. Offsets count code points; words are those of word_ids.

Needs transformers (5.23) and tokenizers (0.23.3); run it in this directory."""
import json
import pathlib
import shutil
import tempfile

from transformers import BertTokenizer

HERE = pathlib.Path(__file__).resolve().parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER = list("\u00e4\u00c4\u00e9\u00df\u03c3\u03a3\u4e2d\u6587\u65e5\u20ac\u1100\u1161\u3042"
             "\u0627\u0644\u0645\u0301\u0307\u0903\u0435\U00020000\U0001f600\uff21\ufb01")
SIGNS = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u00ab\u2014\u3002\u166d\u00a1")
WORDS = ["the", "cat", "read", "##ing", "letter", "##ter", "let", "don", "not", "do",
         "ve", "re", "hello", "world", "un", "##aff", "##able", "##ee", "new", "york", "Str",
         "\u4e2d\u6587"]
TEXTS = [
    "", " ", "   ", "The cat reads a letter.", "two  spaces", "  both ends  ", "tab\tand\u00a0hard",
    "unaffable Unaffable UNAFFABLE", "H\u00e9llo \u00c4 A\u0308 \u00e4 e\u0301\u0301",
    "\u4e2d\u6587\u4e2d x\u4e2dy \u3042\u3042 \uac00 \u65e5\u672c", "\U00020000\U0002b820 \uf900",
    "a\u000bb a\u000cb a\u0085b a\u001cb", "\u0001a\u0001b\u0001",
    "a\u200bb \ufeffa \ufffd b\u00ad",
    "\u2028a\u2029b\u3000c\u1680d\u202fe", "a\r\nb\n", "[CLS] [SEP][MASK]x[UNK] [PAD]",
    "[cls] [ MASK ] [MASK", "##s the ##s", "don't, we've they're it's",
    "a.b,c!?(d)\u00ab\u2014\u00bb",
    "\u20ac5 $5 \u00b4 \u166d \u2e43 \u00a1", "x" * 100, "x" * 101, "x" * 99 + "\u00e9",
    "e\u0301" * 50 + " " + "e\u0301" * 51, "\u0130stanbul I\u0307 \u03a3\u03a3 \u1e9e\u00df",
    "\u0301a \u0903b x\u0301\u0327y", "\u0627\u0644\u0645 \u0645\u064e", "\U0001f600\U0001f601 a",
    "\U0001f468\u200d\U0001f469 \uff21 \ufb01", "word_1 a-b a--b ...", "\ue000a \U000110bd b",
    "\u0344 \u0f73 \u1734a \u08e2", "unknown \u0436 word", "<tag>The<tag> <x> y", "new york City",
    "Foo foo FOO", "t\u00e9 \u0435\u0308 \u0439", "it is . is it ? do not , do n't we 've . '",
]
CASES = {
    "uncased": {},
    "cased": {"do_lower_case": False},
    # Lower case with its accents; ideographs are letters like any other.
    "accents": {"strip_accents": False, "tokenize_chinese_chars": False},
    "stripped": {"do_lower_case": False, "strip_accents": True,
                 "clean_up_tokenization_spaces": True},
    # Special tokens of other names, of which the vocabulary lacks two.
    "named": {"cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>", "mask_token": "<mask>",
              "pad_token": {"__type": "AddedToken", "content": "<none>", "lstrip": True,
                            "rstrip": True, "normalized": False, "special": True}},
    # Lines that end with white space, that are empty, and that are there twice.
    "lines": {},
    # Tokens after the vocabulary: one is looked for in the normalized text.
    "added": {"added_tokens_decoder": {}},
    # The same with ids that the library does not honour.
    "ids": {"added_tokens_decoder": {}},
    # tokenizer.json alone, whose own steps do not count.
    "json": {},
}


def tokens_of(name):
    tokens = SPECIAL + list(LETTERS) + OTHER + SIGNS
    tokens += ["##" + t for t in list(LETTERS) + OTHER] + WORDS
    if name == "named":
        tokens[1:4] = ["<unk>", "<s>", "</s>"]
        tokens[0] = "[unused]"
    return tokens


def lines_of(name):
    lines = tokens_of(name)
    if name == "lines":
        at = lines.index("the")
        lines = lines[:at] + ["", "cat ", "the\t\u3000", "", "cat\r", " x"] + lines[at + 1:]
        lines.remove("[MASK]")
    return "\n".join(lines) + ("\n" if name != "cased" else "")


def added_tokens(size):
    flags = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False,
             "special": False}
    return {str(i): flags | more for i, more in [
        (0, {"content": "[PAD]", "special": True}), (1, {"content": "[UNK]", "special": True}),
        (2, {"content": "[CLS]", "special": True}), (3, {"content": "[SEP]", "special": True}),
        (4, {"content": "[MASK]", "special": True, "lstrip": True}),
        (size, {"content": "<tag>"}), (size + 1, {"content": "Foo", "normalized": True}),
        (size + 2, {"content": "new york", "normalized": True, "single_word": True})]}


def write_config(folder, config):
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer"} | config, separators=(",", ":")) + "\n")


def write_files(folder, name):
    config = dict(CASES[name])
    if name in ("added", "ids"):
        more = 0 if name == "added" else 7
        config["added_tokens_decoder"] = added_tokens(len(tokens_of(name)) + more)
    if name != "json":
        (folder / "vocab.txt").write_text(lines_of(name))
        return write_config(folder, config)
    with tempfile.TemporaryDirectory() as work:
        pathlib.Path(work, "vocab.txt").write_text(lines_of(name))
        made = BertTokenizer.from_pretrained(work)
        made.add_tokens(["<tag>"])
        made.save_pretrained(work)
        root = json.loads(pathlib.Path(work, "tokenizer.json").read_text())
    root["normalizer"]["lowercase"] = False
    root["model"]["max_input_chars_per_word"] = 5
    (folder / "tokenizer.json").write_text(
        json.dumps(root, ensure_ascii=False, separators=(",", ":")) + "\n")
    return write_config(folder, config)


def main():
    for name in CASES:
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        write_files(folder, name)
        tokenizer = BertTokenizer.from_pretrained(folder)
        cases = []
        for text in TEXTS:
            encoding = tokenizer(text, return_offsets_mapping=True)
            ids = encoding["input_ids"]
            cases.append({"text": text, "ids": ids, "offsets": encoding["offset_mapping"],
                          "words": encoding.word_ids()[1:-1],
                          "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
        with open(folder / "expected.json", "w") as file:
            json.dump(cases, file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n")


main()
