#!/usr/bin/env python3
"""Trains small models by Marian (pymarian 1.12.42), each into a folder beside this: model.npz,
decoder.yml, vocabularies. expected.tsv has, a line a sentence: source, Marian's greedy translation,
its log-probability. Takes ten seconds; other versions give other models.

tied: post-norm, ReLU, everything tied, one vocabulary. apart: swish, two vocabularies of different
sizes, the output tied to the target's embedding. head: exact GELU, one embedding, an output layer
of its own without bias. ssru: a recurrent decoder. tiny: a recurrent decoder whose two layers are
one, attention without output layers, everything tied, as in small students. binary: as tied, in
Marian's binary form."""

import os
import random

import pymarian
import sentencepiece

os.chdir(os.path.dirname(os.path.abspath(__file__)))
draw = random.Random(5)
WORDS = ["ab", "cab", "dab", "bad", "ace", "bead", "fade", "cafe"]
sources = [" ".join(draw.choice(WORDS) for _ in range(draw.randrange(1, 6))) for _ in range(400)]
targets = [" ".join(w[::-1].upper() for w in reversed(s.split())) for s in sources]
texts = {"train.src": sources, "train.trg": targets}
for name, lines in texts.items():
    with open(name, "w") as file:
        file.write("\n".join(lines) + "\n")


def train_pieces(path, inputs, size):
    sentencepiece.SentencePieceTrainer.train(
        input=inputs, model_prefix="pieces", vocab_size=size, model_type="unigram",
        character_coverage=1.0, bos_id=-1, eos_id=0, unk_id=1, pad_id=-1, minloglevel=2,
        normalization_rule_name="identity", hard_vocab_limit=False)
    os.rename("pieces.model", path)
    os.remove("pieces.vocab")


def make(name, vocabularies, model_file="model.npz", **more):
    os.makedirs(name, exist_ok=True)
    vocabs = [f"{name}/{v}" for v in vocabularies]
    if len(set(vocabs)) == 1:
        train_pieces(vocabs[0], "train.src,train.trg", 40)
    else:
        train_pieces(vocabs[0], "train.src", 16)
        train_pieces(vocabs[1], "train.trg", 24)
    options = dict(
        type="transformer", model=f"{name}/{model_file}", train_sets=list(texts), vocabs=vocabs,
        dim_emb=12, enc_depth=1, dec_depth=1, transformer_heads=2, transformer_dim_ffn=16,
        transformer_dropout=0.0, after="600u", mini_batch=16, learn_rate=0.01, cpu_threads=1,
        workspace=64, seed=7, quiet=True, overwrite=True, cost_type="ce-mean-words", maxi_batch=5)
    pymarian.Trainer(**(options | more)).train()
    with open(f"{name}/decoder.yml", "w") as file:
        file.write("relative-paths: true\nmodels:\n  - " + model_file + "\nvocabs:\n" +
                   "".join(f"  - {v}\n" for v in vocabularies) +
                   "beam-size: 1\nnormalize: 0.6\nword-penalty: 0\n")
    translator = pymarian.Translator(
        models=f"{name}/{model_file}", vocabs=vocabs, beam_size=1, n_best=True, normalize=0,
        quiet=True, quiet_translation=True, cpu_threads=1, workspace=64)
    lines = sorted(set(sources))[::12]
    with open(f"{name}/expected.tsv", "w") as file:
        for source, output in zip(lines, translator.translate(lines)):
            _, translation, _, score = output.split(" ||| ")
            if len(translation.split()) > 10:
                continue  # cut by --max-length-factor
            file.write(f"{source}\t{translation}\t{score}\n")
    for extra in os.listdir(name):
        if extra.startswith("model.") and extra != model_file:
            os.remove(f"{name}/{extra}")


make("tied", ["vocab.spm"] * 2, enc_depth=2, dec_depth=2, transformer_ffn_activation="relu",
     tied_embeddings_all=True)
make("apart", ["source.spm", "target.spm"], transformer_ffn_activation="swish",
     tied_embeddings=True, transformer_decoder_dim_ffn=20)
make("head", ["vocab.spm"] * 2, transformer_ffn_activation="gelu", tied_embeddings_src=True,
     output_omit_bias=True)
make("ssru", ["vocab.spm"] * 2, transformer_ffn_activation="relu", tied_embeddings_all=True,
     dec_depth=2, transformer_decoder_autoreg="rnn", dec_cell="ssru")
make("tiny", ["vocab.spm"] * 2, transformer_ffn_activation="relu", tied_embeddings_all=True,
     dec_depth=2, transformer_decoder_autoreg="rnn", dec_cell="ssru",
     transformer_tied_layers=[1, 1], transformer_no_projection=True)
make("binary", ["vocab.spm"] * 2, model_file="model.bin", transformer_ffn_activation="relu",
     tied_embeddings_all=True)
for name in texts:
    os.remove(name)
