#!/usr/bin/env python3
"""Makes this directory: a tiny SentencePiece model of fairseq's layout, a vocab.json of it, and
what the MBartTokenizer, MBart50Tokenizer and M2M100Tokenizer of transformers (5.23) do with the
texts below, from and to several languages.

Needs transformers and sentencepiece; run it in this directory. The text is our own and as free as
the rest of the repository."""
import json
import os

import sentencepiece
from transformers import M2M100Tokenizer, MBart50Tokenizer, MBartTokenizer
from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

ENGLISH = """The cat sits on the warm stone near the river.
A small boat goes down the river in the morning.
We read a letter from the old captain of the office."""
TEXTS = ["", " ", "The cat reads a letter.", "two  spaces ", "\ufb01ne tab\tx", "a</s>b <mask>c",
         "en_XX __en__ x", ">>de<< The boat", "\u0436 \U0001f600", "ne\u2581w a\u3000b"]
with open("corpus.txt", "w") as corpus:
    corpus.write(ENGLISH + "\n")
with open("rules.tsv", "w") as rules:
    rules.write("FB01\t66 69\n9\t20\n3000\t20\n")
sentencepiece.SentencePieceTrainer.train(
    input="corpus.txt", model_prefix="spm", vocab_size=60, normalization_rule_tsv="rules.tsv",
    num_threads=1, hard_vocab_limit=False, minloglevel=2)
os.rename("spm.model", "sentencepiece.bpe.model")
for name in "corpus.txt", "rules.tsv", "spm.vocab":
    os.remove(name)
model = sentencepiece.SentencePieceProcessor(model_file="sentencepiece.bpe.model")
pieces = [model.id_to_piece(i) for i in range(3, model.get_piece_size())]
with open("vocab.json", "w") as file:
    json.dump({p: i for i, p in enumerate(["<s>", "<pad>", "</s>", "<unk>"] + pieces)}, file,
              ensure_ascii=False, separators=(",", ":"))

M2M100 = [f"__{code}__" for code in FAIRSEQ_LANGUAGE_CODES["m2m100"]]
expected = {}
for kind, languages in ((MBartTokenizer, ["en_XX", "ro_RO"]),
                        (MBart50Tokenizer, ["en_XX", "sl_SI"]), (M2M100Tokenizer, ["en", "zu"])):
    # The special_tokens_map.json of published directories names the languages of M2M-100; without
    # it transformers reads __en__ in a text as text, which Ingot does not.
    more = {"additional_special_tokens": M2M100} if kind is M2M100Tokenizer else {}
    tokenizer = kind.from_pretrained(".", **more)
    cases = []
    for language in languages:
        tokenizer.src_lang = language
        for text in TEXTS:
            ids = tokenizer(text)["input_ids"]
            cases.append({"language": language, "text": text, "ids": ids,
                          "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    expected[kind.__name__] = cases
with open("expected.json", "w") as file:
    json.dump(expected, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
