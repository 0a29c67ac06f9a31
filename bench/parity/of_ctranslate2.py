#!/usr/bin/env python3
"""Compares directories of CTranslate2, as Ingot opens them, with the models of transformers that
they were made of.

Usage: of_ctranslate2.py INGOT [--wrong]

Random models of each family are made, given to CTranslate2's own converter (4.8.5) and opened by
Ingot, as floats, halves and 8-bit integers. Log-probabilities of random targets must be those of
transformers (5.23) within 1e-4; of halves and integers, whose weights that model gets as floats,
within 2e-3 (ties are rounded otherwise). Greedy ids of floats must be equal. transformers
is the measure, and not CTranslate2: its converter begins MarianMT's sentences wrongly with these
versions. --wrong is the negative control: another model's weights, and the comparison must fail."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
import transformers
from ctranslate2.converters import transformers as converters

SMALL = dict(d_model=48, encoder_layers=2, decoder_layers=3, encoder_attention_heads=4,
             decoder_attention_heads=4, encoder_ffn_dim=96, decoder_ffn_dim=80,
             max_position_embeddings=64, dropout=0.0, vocab_size=300)
KINDS = {
    "marian": lambda: transformers.MarianMTModel(transformers.MarianConfig(
        activation_function="swish", scale_embedding=True, pad_token_id=299, eos_token_id=0,
        decoder_start_token_id=299, decoder_vocab_size=300, **SMALL)),
    "bart": lambda: transformers.BartForConditionalGeneration(transformers.BartConfig(**SMALL)),
    "mbart": lambda: transformers.MBartForConditionalGeneration(transformers.MBartConfig(
        scale_embedding=True, decoder_start_token_id=2, **SMALL)),
    "m2m_100": lambda: transformers.M2M100ForConditionalGeneration(
        transformers.M2M100Config(**SMALL)),
    "pegasus": lambda: transformers.PegasusForConditionalGeneration(transformers.PegasusConfig(
        scale_embedding=True, **SMALL)),
}


class Tokens:
    """What the converter asks of a tokenizer."""
    bos_token, eos_token, unk_token, pad_token = "<s>", "</s>", "<unk>", "<pad>"
    special_tokens_map, num_madeup_words, unk_token_id = {}, 0, 3

    def __init__(self, kind, count):
        special = {"marian": ["</s>", "<unk>"], "pegasus": ["<pad>", "</s>", "<s>", "<unk>"]}.get(
            kind, ["<s>", "<pad>", "</s>", "<unk>"])
        self.list = special + [f"t{i}" for i in range(len(special), count)]
        if kind == "marian":
            self.list[-1] = "<pad>"

    def get_vocab(self):
        return {token: i for i, token in enumerate(self.list)}

    def convert_ids_to_tokens(self, i):
        return self.list[i]


def make_model(kind, seed, last=299):
    torch.manual_seed(seed)
    model = KINDS[kind]().eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "embed_positions" in name and kind in ("marian", "pegasus"):
                continue  # sinusoids
            if weight.dim() == 1:
                weight.add_(0.1 * torch.randn(weight.shape))
            else:
                weight.mul_(8)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.add_(0.1 * torch.randn(model.final_logits_bias.shape))
        if kind == "marian":
            model.model.shared.weight[last].zero_()
            model.final_logits_bias[0, last] = -30000  # what has no place in CTranslate2
    model.generation_config.forced_eos_token_id = None
    model.generation_config.forced_bos_token_id = None
    return model


def convert(model, kind, directory, quantization):
    model.config.normalize_before = kind not in ("marian", "bart")
    model.config.normalize_embedding = kind in ("bart", "mbart")
    model.config.tokenizer_class = "MBart50Tokenizer"
    with torch.no_grad():
        spec = converters._MODEL_LOADERS[type(model.config).__name__](
            model, Tokens(kind, model.config.vocab_size))
    spec.validate()
    spec.optimize(quantization=quantization)
    directory.mkdir()
    spec.save(str(directory))


def quantise(model):
    """Rounds the weights as CTranslate2 does: 127 levels of each row's largest value."""
    def is_rounded(name, weight):
        return weight.dim() == 2 and "embed_positions" not in name and "logits_bias" not in name
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if is_rounded(name, weight):
                top = weight.abs().amax(1, keepdim=True)
                scale = torch.where(top == 0, torch.ones(()), 127 / top)
                weight.copy_((weight * scale).round() / scale)


def rounded(model, quantization):
    """The model with the weights that the file of CTranslate2 stands for."""
    if quantization == "float16":
        # What is added to forbid a word is not in the file.
        bias = getattr(model, "final_logits_bias", None)
        kept = None if bias is None else bias.clone()
        model = model.half().float()
        if kept is not None:
            model.final_logits_bias = torch.where(kept < -1000, kept, model.final_logits_bias)
    elif quantization == "int8":
        quantise(model)
    return model


def of_transformers(model, sources, targets):
    greedy, scores = [], []
    start = model.config.decoder_start_token_id
    for source, target in zip(sources, targets):
        ids = torch.tensor([source])
        inputs = torch.tensor([[start] + target[:-1]])
        with torch.no_grad():
            out = model.generate(ids, num_beams=1, do_sample=False, max_new_tokens=12)
            logits = model(input_ids=ids, decoder_input_ids=inputs).logits.log_softmax(-1)
        greedy.append(out[0, 1:].tolist())
        scores.append(logits[0].gather(-1, torch.tensor(target)[:, None])[:, 0].numpy())
    return greedy, scores


def of_ingot(ingot, directory, sources, targets, folder):
    def write(name, lines):
        (folder / name).write_text("".join(" ".join(map(str, x)) + "\n" for x in lines))
        return folder / name
    command = [ingot, "translate", "-m", directory, "-i", write("source", sources), "--ids-in",
               "--ids", "--quiet"]
    def run(*more):
        text = subprocess.run(command + list(more), check=True, capture_output=True, text=True)
        return [line.split() for line in text.stdout.splitlines()]
    greedy = [[int(x) for x in line] for line in run("--max-length", "12", "--beam-size", "1")]
    scores = run("--score-target", write("target", targets))
    return greedy, [numpy.array(list(map(float, line))) for line in scores]


def compare(ingot, kind, wrong, folder):
    draw = numpy.random.default_rng(3)
    eos = make_model(kind, 1).config.eos_token_id
    sentences = [[draw.integers(4, 298, draw.integers(1, 12)).tolist() + [eos] for _ in range(12)]
                 for _ in range(2)]
    problems = []
    for quantization, bound in (("float32", 1e-4), ("float16", 2e-3), ("int8", 2e-3)):
        directory = folder / f"{kind}-{quantization}"
        convert(make_model(kind, 2 if wrong else 1), kind, directory, quantization)
        expected = of_transformers(rounded(make_model(kind, 1), quantization), *sentences)
        found = of_ingot(ingot, directory, *sentences, folder)
        apart = max(numpy.abs(a - b).max() for a, b in zip(expected[1], found[1]))
        same = sum(a == b for a, b in zip(expected[0], found[0]))
        print(f"{kind} {quantization}: {same} of 12 greedy outputs, at most {apart:.1e} apart")
        if not apart <= bound or (quantization == "float32" and same < 12):
            problems.append(f"{kind} {quantization}")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ingot")
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as folder:
        failed = [p for kind in KINDS
                  for p in compare(options.ingot, kind, options.wrong, pathlib.Path(folder))]
    print("equal" if not failed else "different: " + "; ".join(failed))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
