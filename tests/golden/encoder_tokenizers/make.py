#!/usr/bin/env python3
"""Makes this directory: small tokenizers in the files of transformers' classes for RoBERTa, XLM-R,
CamemBERT and ALBERT, and what they do with the texts below. Offsets count code points; words are
those of word_ids; pair.json has two texts together, and -1 where a token has no word.

Needs transformers (5.23) and sentencepiece; run it in this directory. The pieces and merges are
those of the folders beside it."""
import json
import pathlib
import shutil

import transformers
from sentencepiece import sentencepiece_model_pb2

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent
TEXTS = [
    "", " ", "   ", "The cat reads a letter.", "two  spaces", "  both ends  ", "tab\tand\u00a0hard",
    "\ufb01ne of\ufb01ce \ufb01\u0301", "\uff21 \uff21\u0301 A\u0301 \u2026", "\u0001yz a\u0001b",
    "\u200b\u200bx y\u200b", "a\r\nb\n", "\u1100\u1161 \uac00", "low\u2581line \u2581\u2581x",
    "the cat </s> the boat", "the cat</s>the boat", "<pad>x<unk>y", "[CLS] a [SEP]b [MASK]",
    "``a'' \"b\" ''", "THE \u0130\u03a3 \u00c9", "x\u0301y q\u0323\u0307", "a$b$5.00",
    "no such letters: \u0436 \u65e5\u672c \U0001f600\U0001f600 x", "fill <mask> in  <mask>",
    "a<s>b \u3000<mask>", "\U0001f468\u200d\U0001f469 \u0915\u094d\u0937", "it's WE'LL 'tis ''s",
    "<s>NOTUSED a</s>NOTUSED <unk>NOTUSED", "<mask>\u00a0 the", "\u0903a \u0488b",
]
FIRST, SECOND = "the  cat<mask>[MASK] reads", "a letter, \u00e9\u65e5x"


def model():
    made = sentencepiece_model_pb2.ModelProto()
    made.ParseFromString((GOLDEN / "t5_tokenizer/spiece.model").read_bytes())
    return made


def fairseq(folder):
    """The model's own special pieces are <unk>, <s> and </s>."""
    made = model()
    for i, text in enumerate(("<unk>", "<s>", "</s>")):
        made.pieces[i].piece = text
        made.pieces[i].type = 3 if i else 2
    (folder / "sentencepiece.bpe.model").write_bytes(made.SerializeToString())


def bracketed(folder):
    made = model()
    pieces = list(made.pieces)[3:]
    del made.pieces[:]
    for text, kind in ("<pad>", 3), ("<unk>", 2), ("[CLS]", 3), ("[SEP]", 3), ("[MASK]", 3):
        made.pieces.add(piece=text, score=0, type=kind)
    made.pieces.extend(pieces)
    (folder / "spiece.model").write_bytes(made.SerializeToString())


def merges(folder):
    for name in "vocab.json", "merges.txt":
        shutil.copy(GOLDEN / "byte_level_tokenizer" / name, folder)


# The folder, the class, its files, and keys of tokenizer_config.json.
KINDS = [
    ("roberta", "RobertaTokenizer", merges, {}),
    ("roberta_space", "RobertaTokenizer", merges, {
        "add_prefix_space": True,
        "mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": True,
                       "normalized": False, "special": True}}),
    ("xlm_roberta", "XLMRobertaTokenizer", fairseq, {}),
    ("camembert", "CamembertTokenizer", fairseq, {}),
    ("albert", "AlbertTokenizer", bracketed, {}),
    ("albert_kept", "AlbertTokenizer", bracketed, {"do_lower_case": False, "keep_accents": True}),
    ("albert_accents", "AlbertTokenizer", bracketed, {"keep_accents": True}),
]


def dump(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def write_cases(folder, tokenizer):
    cases = []
    for text in TEXTS:
        encoding = tokenizer(text, return_offsets_mapping=True)
        ids = encoding["input_ids"]
        cases.append({"text": text, "ids": ids, "offsets": encoding["offset_mapping"],
                      "words": tokenizer(text, add_special_tokens=False).word_ids(),
                      "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    dump(folder / "expected.json", cases)
    encoding = tokenizer(FIRST, SECOND, return_offsets_mapping=True, return_token_type_ids=True)
    dump(folder / "pair.json", {
        "first": FIRST, "second": SECOND, "ids": encoding["input_ids"],
        "types": encoding["token_type_ids"], "offsets": encoding["offset_mapping"],
        "words": [-1 if w is None else w for w in encoding.word_ids()]})


def main():
    for name, class_name, write_files, config in KINDS:
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        write_files(folder)
        dump(folder / "tokenizer_config.json", {"tokenizer_class": class_name} | config)
        write_cases(folder, getattr(transformers, class_name).from_pretrained(folder))


main()
