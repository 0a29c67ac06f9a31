"""try_wheel.py MODEL: translates with the package `ingot` that is installed, trains two small
models for 20 updates, fuses them, and says what a call costs. Writes into the current folder."""
import sys
import time

import ingot

LIMIT = 50  # microseconds: what a sentence may cost more than in C
model = sys.argv[1]
print("ingot", ingot.__version__, "in Python", sys.version.split()[0])

with ingot.Translator(model, threads=1) as translator:
    translation = translator.translate("How are you today?")
    print("translated:", translation.text)
    assert translation.text.startswith("Wie "), translation.text
    # An empty text needs no model: all of its time is Python's, the call's and the bookkeeping.
    least = 1e30
    for _ in range(2000):
        begin = time.perf_counter()
        translator.translate("")
        least = min(least, time.perf_counter() - begin)
    print(f"a call without work: {least * 1e6:.1f} microseconds")
    assert least * 1e6 < LIMIT

PAIRS = [(f"{a} {b} {c}", f"{c} {b} {a}") for a in "abcdef" for b in "abcdef" for c in "abcdef"]
for side, name in ((0, "source"), (1, "target")):
    with open(name, "w", encoding="utf-8") as file:
        file.writelines(pair[side] + "\n" for pair in PAIRS)
sizes = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 32,
         "decoder_ffn_dim": 32, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
for name, seed in (("one", 1), ("two", 2)):
    lines = []
    stats = ingot.train({
        "data": {"train": {"source": "source", "target": "target"}, "tokens": "whitespace"},
        "model": {"family": "marian", **sizes},
        "train": {"output": name, "seed": seed, "updates": 20, "batch_tokens": 200,
                  "learning_rate": 0.01, "log_every": 5}}, metrics=lines.append)
    print("trained:", stats["updates"], "updates, loss", lines[0]["loss"], "to", lines[-1]["loss"])
    assert stats["updates"] == 20 and lines[-1]["loss"] < lines[0]["loss"]

ingot.fuse({"merge_method": "linear",
            "models": [{"model": f"{name}/latest", "parameters": {"weight": 0.5}}
                       for name in ("one", "two")]}, "fused")
with ingot.Translator("fused") as fused:
    print("fused:", repr(fused.translate("a b c").text))
