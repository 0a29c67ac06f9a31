#!/usr/bin/env python3
"""Makes this directory: the tokenizers of the folders beside it as transformers 5 saves them, which
is tokenizer.json and tokenizer_config.json alone, and what they do then with the texts below.
Offsets count code points.

Needs transformers and sentencepiece; run it in this directory."""
import json
import pathlib
import shutil
import tempfile

from tokenizers import AddedToken
from transformers import (MBart50Tokenizer, MBartTokenizer, NllbTokenizer, PegasusTokenizer,
                          RobertaTokenizer, T5Tokenizer)
from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent
TEXTS = [
    "", " ", "   ", "The cat reads a letter.", "two  spaces", "  both ends  ", "tab\tand\u00a0hard",
    "\ufb01ne of\ufb01ce \ufb01\u0301", "\uff21 \uff21\u0301 A\u0301 \u2026", "\u0001yz a\u0001b",
    "\u200b\u200bx y\u200b", "a\r\nb\n", "\u1100\u1161 \uac00", "low\u2581line \u2581\u2581x",
    "the cat </s> the boat", "the cat</s>the boat", "<pad>x<unk>y", "<extra_id_0> a<extra_id_99>",
    "no such letters: \u0436 \u65e5\u672c \U0001f600\U0001f600 x", "<x>a <x>", "a$b$5.00",
    "x\u0301y", "\U0001f468\u200d\U0001f469 \u0915\u094d\u0937", "fill <mask> in  <mask>", "</s>",
    "a<s>b \u3000<mask>", "<mask_1> <unk_7>", "en_XX eng_Latn x", "it's WE'LL 'tis ''s",
    "1234 \u00bd x\u00b2", "<tag> a <tag>b", "aaaa aaaaaaaa banana", "\u00e9\u00fc\u0130",
    "x\r\n <mask> \u3000\t<mask>y",
    # Added tokens with flags: those of FLAGS.
    "a new york x", "new york xx", "\ufb01nds and finds", "cab ab abab ab1 ab_ ab.",
    "\u00e9ab ab\u200c", "a <l> b<l> c", "a <r> b <r>\u3000c", "x <b>  <b> <b>y",
    "one\u00a0two one  two",
    # What clean_up_tokenization_spaces changes.
    "it is . is it ? no ! a , b ' c", "do n't , the 's we 've they 're the 'm  . . ' ' '",
]
FLAGS = [AddedToken("new york", normalized=True), AddedToken("york x", normalized=False),
         AddedToken("finds", normalized=True), AddedToken("ab", single_word=True),
         AddedToken("<l>", lstrip=True, normalized=False),
         AddedToken("<r>", rstrip=True, normalized=False, special=True),
         AddedToken("<b>", lstrip=True, rstrip=True, normalized=True),
         AddedToken("one  two", normalized=True)]


def nllb(folder):
    """As ../nllb_text/make.py: with the ids of published checkpoints."""
    size = 70
    with tempfile.TemporaryDirectory() as work:
        shutil.copy(folder / "sentencepiece.bpe.model", work)
        flags = dict(lstrip=False, rstrip=False, normalized=False, single_word=False, special=True)
        added = {i: flags | {"content": s} for i, s in enumerate(("<s>", "<pad>", "</s>", "<unk>"))}
        for i, code in enumerate(FAIRSEQ_LANGUAGE_CODES + ["<mask>"]):
            added[size + 1 + i] = flags | {"content": code}
        added[size + 203] |= dict(lstrip=True, normalized=True)
        with open(work + "/tokenizer_config.json", "w") as file:
            json.dump({"added_tokens_decoder": added, "tokenizer_class": "NllbTokenizer",
                       "additional_special_tokens": FAIRSEQ_LANGUAGE_CODES}, file)
        return NllbTokenizer.from_pretrained(work)


def flags(make):
    tokenizer = make()
    tokenizer.add_tokens(FLAGS)
    return tokenizer


KINDS = {
    "t5": lambda: T5Tokenizer.from_pretrained(GOLDEN / "t5_tokenizer"),
    "pegasus": lambda: PegasusTokenizer.from_pretrained(GOLDEN / "pegasus_tokenizer"),
    "mbart": lambda: MBartTokenizer.from_pretrained(GOLDEN / "language_tokenizer"),
    "mbart50": lambda: MBart50Tokenizer.from_pretrained(GOLDEN / "language_tokenizer"),
    "nllb": lambda: nllb(GOLDEN / "nllb_text"),
    "bart": lambda: RobertaTokenizer.from_pretrained(GOLDEN / "byte_level_tokenizer"),
}
def cleaning(make):
    tokenizer = make()
    tokenizer.clean_up_tokenization_spaces = True
    tokenizer.init_kwargs["clean_up_tokenization_spaces"] = True
    return tokenizer


KINDS |= {name + "_clean": lambda make=KINDS[name]: cleaning(make) for name in ("t5", "bart")}
KINDS |= {name + "_flags": lambda make=KINDS[name]: flags(make) for name in ("t5", "bart")}
for name, make in KINDS.items():
    folder = HERE / name
    tokenizer = make()
    tokenizer.save_pretrained(folder)
    for path in folder.iterdir():
        text = json.dumps(json.loads(path.read_text()), ensure_ascii=False, separators=(",", ":"))
        path.write_text(text + "\n")
    tokenizer = type(tokenizer).from_pretrained(folder)
    cases = []
    for text in TEXTS:
        encoding = tokenizer(text, return_offsets_mapping=True)
        ids = encoding["input_ids"]
        cases.append({"text": text, "ids": ids, "offsets": encoding["offset_mapping"],
                      "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    with open(folder / "expected.json", "w") as file:
        json.dump(cases, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")
