#!/usr/bin/env python3
"""Makes this directory: a small M2M-100 of random weights for the tokenizer of
../language_tokenizer, and what transformers (5.23) makes of the texts below from English into two
languages: FROM-TO.ids and FROM-TO.txt, one line each, no token twice in a line.

Needs torch, transformers and sentencepiece; run it in this directory."""
import pathlib

import torch
import transformers as t
from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

TEXTS = ["The cat reads a letter.", "We go down the river", "a warm stone, a small boat",
         "the captain of the office in the morning", "in the"]
HERE = pathlib.Path(__file__).parent
CODES = [f"__{code}__" for code in FAIRSEQ_LANGUAGE_CODES["m2m100"]]

torch.set_num_threads(1)
torch.manual_seed(11)
tokenizer = t.M2M100Tokenizer.from_pretrained(HERE.parent / "language_tokenizer",
                                              additional_special_tokens=CODES)
model = t.M2M100ForConditionalGeneration(t.M2M100Config(
    vocab_size=len(tokenizer), d_model=12, encoder_layers=1, decoder_layers=1,
    encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
    max_position_embeddings=80, init_std=0.5, encoder_layerdrop=0, decoder_layerdrop=0))
model.eval().save_pretrained(HERE)
(HERE / "source.txt").write_text("".join(text + "\n" for text in TEXTS))
for source, target in ("en", "de"), ("en", "zu"), ("fr", "de"):
    tokenizer.src_lang = source
    with torch.no_grad(), open(HERE / f"{source}-{target}.ids", "w") as ids, \
            open(HERE / f"{source}-{target}.txt", "w") as texts:
        for text in TEXTS:
            out = model.generate(**tokenizer([text], return_tensors="pt"), num_beams=2,
                                 max_length=25, no_repeat_ngram_size=1,
                                 forced_bos_token_id=tokenizer.get_lang_id(target))[0].tolist()[1:]
            print(*out, file=ids)
            texts.write(tokenizer.decode(out, skip_special_tokens=True,
                                         clean_up_tokenization_spaces=False) + "\n")
