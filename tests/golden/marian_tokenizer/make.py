#!/usr/bin/env python3
"""Makes this directory: a tiny MarianMT tokenizer and what transformers (5.23) does with it.

Needs transformers and sentencepiece; run it in this directory. The text below is our own and as
free as the rest of the repository.
"""

import json
import os

import sentencepiece
from transformers import MarianTokenizer

ENGLISH = """The cat sits on the warm stone near the river.
A small boat goes down the river in the morning.
We read a letter from the old captain.
The captain waits for the boat near the bridge.
Stones in the river are cold in the morning.
She writes a long letter and reads it twice.
The old bridge is made of stone and wood.
Two cats wait on the bridge for a small fish.
He sings while the boat goes under the bridge.
In the evening the river is warm and quiet."""
GERMAN = """Die Katze sitzt auf dem warmen Stein am Fluss.
Ein kleines Boot fährt am Morgen den Fluss hinunter.
Wir lesen einen Brief vom alten Kapitän.
Der Kapitän wartet an der Brücke auf das Boot.
Steine im Fluss sind am Morgen kalt.
Sie schreibt einen langen Brief und liest ihn zweimal.
Die alte Brücke ist aus Stein und Holz gebaut.
Zwei Katzen warten auf der Brücke auf einen kleinen Fisch.
Er singt, während das Boot unter der Brücke fährt.
Am Abend ist der Fluss warm und still."""
TEXTS = [
    "",
    " ",
    "The cat reads a letter.",
    "Die Katze liest einen Brief.",
    "two  spaces",
    "  both ends  ",
    ">>de<< The boat.",
    ">>fr<<The boat.",
    "a >>de<< b",
    "the cat </s> the boat",
    "<pad>x<unk>",
    "x</s>>>de<< y",
    "no such letters: ж 日本 😀",
    "\u00a0hard\u3000spaces\u00a0",
    "tab\tthere",
    "low\u2581line",
    "\u2047 x",
    "e\u0301",
    "\ufeffmark",
    ">>de<<",
    ">> <<",
    "<<>>",
]


def train(text, name, size):
    open(name + ".txt", "w").write(text + "\n")
    # No normalisation table: it alone has 240 kB.
    sentencepiece.SentencePieceTrainer.train(
        input=name + ".txt",
        model_prefix=name,
        vocab_size=size,
        eos_id=0,
        unk_id=1,
        bos_id=-1,
        pad_id=-1,
        normalization_rule_name="identity",
        num_threads=1,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    model = sentencepiece.SentencePieceProcessor(model_file=name + ".model")
    os.rename(name + ".model", name + ".spm")
    os.remove(name + ".vocab"), os.remove(name + ".txt")
    return [model.id_to_piece(i) for i in range(len(model))]


pieces = train(ENGLISH, "source", 90) + train(GERMAN, "target", 100)
tokens = (
    ["</s>", "<unk>", ">>de<<"] + sorted(set(pieces[::-1]) - {"</s>", "<unk>", "▁the"}) + ["<pad>"]
)  # one piece left out: it must become <unk>
json.dump(
    {t: i for i, t in enumerate(tokens)}, open("vocab.json", "w"), ensure_ascii=False, indent=0
)
json.dump(
    {
        "source_lang": "en",
        "target_lang": "de",
        "tokenizer_class": "MarianTokenizer",
        "model_max_length": 64,
    },
    open("tokenizer_config.json", "w"),
)

tokenizer = MarianTokenizer.from_pretrained(".")
cases = []
for text in TEXTS + ENGLISH.split("\n")[:3] + GERMAN.split("\n")[:3]:
    source, target = tokenizer(text).input_ids, tokenizer(text_target=text).input_ids
    cases.append(
        {
            "text": text,
            "source": source,
            "target": target,
            "source_decoded": tokenizer.decode(source, skip_special_tokens=True),
            "target_decoded": tokenizer.decode(target, skip_special_tokens=True),
        }
    )
json.dump(cases, open("expected.json", "w"), ensure_ascii=False, indent=1)
