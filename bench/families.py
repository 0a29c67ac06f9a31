#!/usr/bin/env python3
"""Ingot and CTranslate2 on models of the families' usual sizes with random weights and token
ids, alternately, minimum of several:

    python bench/families.py INGOT CACHE [t5-base bart-base nllb-600m ...] [--repeat N] [--lines N]
        [--type fp32|bf16|int8]

Throughput: all lines, CTranslate2 at its best (one single-threaded replica a core, batches of 2,048
tokens). Latency: one line after another on one thread. Every translation has the same length.
Loading is left out on both sides. CACHE keeps models.
Needs torch, transformers, ctranslate2. Prints CSV lines: model, type, case, beam, seconds of
either side, tokens, ratio (above 1: Ingot is faster)."""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import time

LENGTH = 20  # tokens of a translation
COMPUTE_TYPES = {"fp32": "float32", "bf16": "bfloat16", "int8": "int8"}  # CTranslate2's names


def config_of(name):
    import transformers as t

    bart = dict(
        d_model=768, encoder_layers=6, decoder_layers=6, encoder_attention_heads=12,
        decoder_attention_heads=12, encoder_ffn_dim=3072, decoder_ffn_dim=3072,
        max_position_embeddings=1024, vocab_size=50265,
        normalize_before=False, normalize_embedding=True)  # which the converter asks for
    nllb = dict(
        d_model=1024, encoder_layers=12, decoder_layers=12, encoder_attention_heads=16,
        decoder_attention_heads=16, encoder_ffn_dim=4096, decoder_ffn_dim=4096,
        max_position_embeddings=1024, vocab_size=256206, scale_embedding=True,
        normalize_before=True, normalize_embedding=False)
    return {
        "t5-base": lambda: (t.T5ForConditionalGeneration, t.T5Config(
            vocab_size=32128, d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12,
            decoder_start_token_id=0)),
        "bart-base": lambda: (t.BartForConditionalGeneration, t.BartConfig(**bart)),
        "nllb-600m": lambda: (t.M2M100ForConditionalGeneration, t.M2M100Config(**nllb)),
    }[name]()


def make_model(name, directory):
    import torch

    if (directory / "model.safetensors").exists():
        return
    torch.manual_seed(1)
    kind, config = config_of(name)
    model = kind(config)
    model.save_pretrained(directory, max_shard_size="20GB")


class Tokenizer:
    """The words t0, t1, ... and no others: what the converter asks of a tokenizer."""

    def __init__(self, config):
        special = {config.pad_token_id: "<pad>", config.eos_token_id: "</s>"}
        bos = getattr(config, "bos_token_id", None)
        if bos is not None:
            special.setdefault(bos, "<s>")
        self.names = [special.get(i, f"t{i}") for i in range(config.vocab_size)]
        self.bos_token = special.get(bos, "<s>")
        self.eos_token, self.pad_token, self.unk_token = "</s>", "<pad>", self.names[3]
        self.additional_special_tokens = []
        self.special_tokens_map = {}

    def convert_ids_to_tokens(self, i):
        return self.names[i]

    def get_vocab(self):
        return {name: i for i, name in enumerate(self.names)}


def convert(directory, out):
    import ctranslate2
    import transformers

    tokenizer = Tokenizer(transformers.AutoConfig.from_pretrained(directory))
    if not (out / "model.bin").exists():
        converter = ctranslate2.converters.TransformersConverter(str(directory))
        converter.load_tokenizer = lambda *_, **__: tokenizer
        converter.convert(str(out), quantization="float32", force=True)
    return tokenizer


def run_peer(translator, lines, beam, alone):
    options = dict(
        beam_size=beam, max_decoding_length=LENGTH, min_decoding_length=LENGTH)
    begin = time.perf_counter()
    if alone:
        out = [translator.translate_batch([line], **options)[0] for line in lines]
    else:
        out = translator.translate_batch(
            lines, max_batch_size=2048, batch_type="tokens", **options)
    seconds = time.perf_counter() - begin
    return seconds, sum(len(o.hypotheses[0]) for o in out)


def run_ingot(command, directory, work, beam, alone, weights):
    run = [
        command, "translate", "-q", "--type", weights, "-m", directory,
        "-i", work / "ids", "-o", work / "out",
        "--ids", "--ids-in", "--beam-size", str(beam), "--min-length", str(LENGTH), "--max-length",
        str(LENGTH), "--stats", work / "stats"]
    run += ["--threads", "1", "--batch-tokens", "1"] if alone else []
    # Warnings: every translation ends at the length that is asked for.
    subprocess.run([str(x) for x in run], check=True, stderr=subprocess.DEVNULL)
    stats = json.loads((work / "stats").read_text())
    return stats["seconds"], stats["target_tokens"]


def measure(name, a):
    import ctranslate2

    directory, out = a.cache / name, a.cache / f"{name}-ctranslate2"
    make_model(name, directory)
    tokenizer = convert(directory, out)
    draw = random.Random(2)
    ids = [
        [draw.randrange(5, len(tokenizer.names)) for _ in range(draw.randrange(8, 32))]
        + [tokenizer.names.index("</s>")] for _ in range(a.lines)]
    for alone in (False, True):
        lines = ids[: max(4, a.lines // 8)] if alone else ids
        (a.cache / "ids").write_text("".join(" ".join(map(str, l)) + "\n" for l in lines))
        words = [[tokenizer.names[i] for i in line] for line in lines]
        translator = ctranslate2.Translator(
            str(out), device="cpu", compute_type=COMPUTE_TYPES[a.type],
            inter_threads=1 if alone else os.cpu_count(), intra_threads=1)
        for beam in (1, 4):
            best = {}
            for _ in range(a.repeat):
                for side in ("ctranslate2", "ingot"):
                    if side == "ingot":
                        r = run_ingot(a.ingot, directory, a.cache, beam, alone, a.type)
                    else:
                        r = run_peer(translator, words, beam, alone)
                    if side not in best or r[0] < best[side][0]:
                        best[side] = r
            peer, own = best["ctranslate2"], best["ingot"]
            ratio = (peer[0] / peer[1]) / (own[0] / own[1])
            case = "latency" if alone else "throughput"
            print(
                f"{name},{a.type},{case},{beam},{peer[0]:.3f},{own[0]:.3f},{peer[1]},{own[1]},"
                f"{ratio:.2f}",
                flush=True)
        del translator


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("ingot")
    p.add_argument("cache", type=pathlib.Path)
    p.add_argument("models", nargs="*", default=["t5-base", "bart-base", "nllb-600m"])
    p.add_argument("--repeat", type=int, default=3)
    p.add_argument("--lines", type=int, default=64)
    p.add_argument("--type", choices=COMPUTE_TYPES, default="fp32")
    a = p.parse_args()
    a.cache.mkdir(parents=True, exist_ok=True)
    print("model,type,case,beam,ctranslate2_s,ingot_s,ctranslate2_tokens,ingot_tokens,ratio")
    for name in a.models or ["t5-base", "bart-base", "nllb-600m"]:
        measure(name, a)


sys.exit(main())
