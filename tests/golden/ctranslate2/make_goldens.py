#!/usr/bin/env python3
"""Makes small random models, and directories of CTranslate2 of them by its own converter (4.8.5): a
folder each of floats, halves or 8-bit integers. Beside them what transformers (5.23) makes of the
same weights: source.ids, greedy.ids, target.ids and the log-probabilities of its ids
(log_probs.txt). MarianMT's vocabulary is that of ../marian_npz/tied/vocab.spm."""
import pathlib
import shutil
import sys

import numpy
import sentencepiece

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "bench/parity"))
import of_ctranslate2 as parity  # noqa: E402

pieces = sentencepiece.SentencePieceProcessor(
    model_file=str(HERE.parent / "marian_npz/tied/vocab.spm"))
parity.SMALL.update(d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2,
                    decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=20,
                    max_position_embeddings=32, vocab_size=len(pieces) + 1)


class Tokens(parity.Tokens):
    def __init__(self, kind, count):
        super().__init__(kind, count)
        if kind == "marian":
            self.list = [pieces.id_to_piece(i) for i in range(len(pieces))] + ["<pad>"]


def marian():
    t, last = parity.transformers, len(pieces)
    return t.MarianMTModel(t.MarianConfig(
        activation_function="swish", scale_embedding=True, pad_token_id=last, eos_token_id=0,
        decoder_start_token_id=last, decoder_vocab_size=last + 1, **parity.SMALL))


parity.Tokens = Tokens
parity.KINDS["marian"] = marian


def write(path, lines, form=str):
    path.write_text("".join(" ".join(map(form, line)) + "\n" for line in lines))


for kind, quantization in (("marian", "float32"), ("bart", "int8"), ("mbart", "float32"),
                           ("m2m_100", "float16")):
    folder = HERE / kind
    shutil.rmtree(folder, ignore_errors=True)
    model = parity.make_model(kind, 4, len(pieces))
    parity.convert(model, kind, folder, quantization)
    model = parity.rounded(parity.make_model(kind, 4, len(pieces)), quantization)
    draw = numpy.random.default_rng(5)
    eos = model.config.eos_token_id
    sentences = [[draw.integers(4, len(pieces), draw.integers(1, 9)).tolist() + [eos]
                  for _ in range(12)] for _ in range(2)]
    greedy, scores = parity.of_transformers(model, *sentences)
    for name, lines in zip(("source", "target", "greedy"), sentences + [greedy]):
        write(folder / f"{name}.ids", lines)
    write(folder / "log_probs.txt", scores, "{:.6f}".format)
