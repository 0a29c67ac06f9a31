#!/usr/bin/env python3
"""Makes this directory: a tiny SentencePiece model of NLLB's kind (BPE), what the NllbTokenizer of
transformers (5.23) does with the texts below in both of its orders, a small M2M-100 of random
weights for it, and what transformers makes of the texts of source.txt: FROM-TO.ids and FROM-TO.txt,
one line each, no token twice in a line.

Needs torch, transformers and sentencepiece; run it in this directory. The text is our own and as
free as the rest of the repository."""
import json
import os

import sentencepiece
import torch
import transformers as t
from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES

ENGLISH = """The cat sits on the warm stone near the river.
A small boat goes down the river in the morning.
We read a letter from the old captain of the office."""
TEXTS = ["", " ", "The cat reads a letter.", "two  spaces ", "\ufb01ne tab\tx", "a</s>b <mask>c",
         "eng_Latn x", ">>de<< The boat", "\u0436 \U0001f600", "ne\u2581w a\u3000b"]
SOURCES = ["The cat reads a letter.", "We go down the river", "a warm stone, a small boat",
           "the captain of the office in the morning", "in the"]
with open("corpus.txt", "w") as corpus:
    corpus.write(ENGLISH + "\n")
with open("rules.tsv", "w") as rules:
    rules.write("FB01\t66 69\n9\t20\n3000\t20\n")
sentencepiece.SentencePieceTrainer.train(
    input="corpus.txt", model_prefix="spm", vocab_size=70, model_type="bpe",
    normalization_rule_tsv="rules.tsv", num_threads=1, hard_vocab_limit=False, minloglevel=2)
os.rename("spm.model", "sentencepiece.bpe.model")
for name in "corpus.txt", "rules.tsv", "spm.vocab":
    os.remove(name)
size = sentencepiece.SentencePieceProcessor(model_file="sentencepiece.bpe.model").get_piece_size()


def flags(text, **more):
    return dict(content=text, lstrip=False, rstrip=False, normalized=False, single_word=False,
                special=True) | more


def load(**more):
    """With the ids of published checkpoints: the languages come after the pieces, and <mask> is
    the last. Of a model file alone transformers 5.23 makes a tokenizer without languages."""
    added = {i: flags(s) for i, s in enumerate(("<s>", "<pad>", "</s>", "<unk>"))}
    added |= {size + 1 + i: flags(code) for i, code in enumerate(FAIRSEQ_LANGUAGE_CODES)}
    added[size + 1 + len(FAIRSEQ_LANGUAGE_CODES)] = flags("<mask>", lstrip=True, normalized=True)
    config = {"added_tokens_decoder": added, "tokenizer_class": "NllbTokenizer", **more,
              "additional_special_tokens": FAIRSEQ_LANGUAGE_CODES}
    with open("tokenizer_config.json", "w") as file:
        json.dump(config, file)
    tokenizer = t.NllbTokenizer.from_pretrained(".")
    os.remove("tokenizer_config.json")
    return tokenizer


expected = {}
for legacy in False, True:
    tokenizer = load(legacy_behaviour=legacy)
    cases = []
    for language in "eng_Latn", "zul_Latn":
        tokenizer.src_lang = language
        for text in TEXTS:
            ids = tokenizer(text)["input_ids"]
            cases.append({"language": language, "text": text, "ids": ids,
                          "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    expected["legacy" if legacy else "new"] = cases
with open("expected.json", "w") as file:
    json.dump(expected, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")

torch.set_num_threads(1)
torch.manual_seed(12)
tokenizer = load()
model = t.M2M100ForConditionalGeneration(t.M2M100Config(
    vocab_size=len(tokenizer), d_model=12, encoder_layers=1, decoder_layers=1,
    encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
    max_position_embeddings=80, init_std=0.5, encoder_layerdrop=0, decoder_layerdrop=0))
model.eval().save_pretrained(".")
with open("source.txt", "w") as file:
    file.write("".join(text + "\n" for text in SOURCES))
for source, target in ("eng_Latn", "deu_Latn"), ("eng_Latn", "zul_Latn"), ("fra_Latn", "deu_Latn"):
    tokenizer.src_lang = source
    with torch.no_grad(), open(f"{source}-{target}.ids", "w") as ids, \
            open(f"{source}-{target}.txt", "w") as texts:
        for text in SOURCES:
            out = model.generate(**tokenizer([text], return_tensors="pt"), num_beams=2,
                                 max_length=25, no_repeat_ngram_size=1,
                                 forced_bos_token_id=tokenizer.convert_tokens_to_ids(target))
            out = out[0].tolist()[1:]
            print(*out, file=ids)
            texts.write(tokenizer.decode(out, skip_special_tokens=True,
                                         clean_up_tokenization_spaces=False) + "\n")
