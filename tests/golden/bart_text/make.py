#!/usr/bin/env python3
"""Makes this directory: a small BART of random weights with the tokenizer of
../byte_level_tokenizer, and what transformers (5.23) makes of the texts below: source.ids,
beam.ids and beam.txt, one line each, no token twice in a line.

Needs torch and transformers; run it in this directory."""
import pathlib
import shutil

import torch
import transformers as t

TEXTS = [
    "The cat sits on the warm stone near the river, isn't it?",
    "They'll wait; we've read it.",
    " a small  boat ",
    "Über die Brücke gehen 12 Leute. Le café est là.",
    "日本語 🙂 ½ x²",
    "fill <mask> in<mask>",
    "banana aaaa aaaaaa <tag> !!",
    "We read a letter from the old captain of 1234 boats.",
]
HERE = pathlib.Path(__file__).parent
TOKENIZER = HERE.parent / "byte_level_tokenizer"

torch.set_num_threads(1)
torch.manual_seed(7)
tokenizer = t.RobertaTokenizer.from_pretrained(TOKENIZER)
model = t.BartForConditionalGeneration(t.BartConfig(
    vocab_size=len(tokenizer), d_model=12, encoder_layers=1, decoder_layers=1,
    encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
    max_position_embeddings=80, init_std=0.4))
model.eval().save_pretrained(HERE)
(HERE / "source.txt").write_text("".join(text + "\n" for text in TEXTS))
with torch.no_grad(), open(HERE / "source.ids", "w") as source, \
        open(HERE / "beam.ids", "w") as ids, open(HERE / "beam.txt", "w") as texts:
    for text in TEXTS:
        batch = tokenizer([text], return_tensors="pt")
        print(*batch["input_ids"][0].tolist(), file=source)
        out = model.generate(**batch, num_beams=2, max_length=25,
                             no_repeat_ngram_size=1)[0].tolist()[1:]
        print(*out, file=ids)
        decoded = tokenizer.decode(out, skip_special_tokens=True,
                                   clean_up_tokenization_spaces=False)
        texts.write(decoded.translate({0: " ", 10: " ", 13: " "}) + "\n")
