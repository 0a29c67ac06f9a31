#!/usr/bin/env python3
"""Trains two small models by Marian (pymarian 1.12.42) and quantises them to 8 bits, as marian-conv
does for --gemm-type intgemm8 (common/binary.cpp, tensors/cpu/expression_graph_packable.h of both
programs): a file of items whose matrices are integers, transposed, and a float after them that they
are divided by. Takes ten seconds.

packed: self-attention, in the form of marian-nmt. student: a recurrent decoder, in the form of
browsermt that browsers download: embeddings are quantised too, but not transposed, scales of
activations (*_QuantMultA) are among the items, the files have names of their own, and there is no
decoder.yml.

expected.tsv has, a line a sentence: source, Marian's greedy translation, its log-probability, by
the model whose floats are those integers divided. What Marian makes of packed/model.bin itself, in
products of integers, must be nearly the same, which is checked here: it shows that the layout is
Marian's own. pymarian does not read the form of browsermt."""

import os
import random
import struct

import numpy
import pymarian
import sentencepiece

os.chdir(os.path.dirname(os.path.abspath(__file__)))
draw = random.Random(6)
WORDS = ["ab", "cab", "dab", "bad", "ace", "bead", "fade", "cafe"]
sources = [" ".join(draw.choice(WORDS) for _ in range(draw.randrange(1, 6))) for _ in range(400)]
targets = [" ".join(w[::-1].upper() for w in reversed(s.split())) for s in sources]
texts = {"train.src": sources, "train.trg": targets}
for name, lines in texts.items():
    with open(name, "w") as file:
        file.write("\n".join(lines) + "\n")

INT8, FLOAT32, MARIAN, BROWSERMT = 0x101, 0x404, 0x10001, 0x4101
TYPES = {INT8: numpy.int8, FLOAT32: numpy.float32}


def read_items(path):
    """{name: (type, array)} of a file of floats."""
    data = open(path, "rb").read()
    version, count = struct.unpack_from("<QQ", data)
    assert version == 1
    at = 16
    headers = [struct.unpack_from("<QQQQ", data, at + 32 * i) for i in range(count)]
    at += 32 * count
    names, shapes = [], []
    for length, _, _, _ in headers:
        names.append(data[at:at + length - 1].decode())
        at += length
    for _, _, rank, _ in headers:
        shapes.append(struct.unpack_from(f"<{rank}i", data, at))
        at += 4 * rank
    at += 8 + struct.unpack_from("<Q", data, at)[0]
    items = {}
    for name, shape, (_, code, _, size) in zip(names, shapes, headers):
        elements = int(numpy.prod(shape))
        items[name] = code, numpy.frombuffer(data, TYPES[code], elements, at).reshape(shape)
        at += size
    return items


def write_items(path, items):
    """items: {name: (type, shape, bytes)}. Values are padded to a multiple of 256 bytes."""
    padded = {n: data + b"\xa5" * (-len(data) % 256) for n, (_, _, data) in items.items()}
    head = struct.pack("<QQ", 1, len(items))
    for name, (code, shape, _) in items.items():
        head += struct.pack("<QQQQ", len(name) + 1, code, len(shape), len(padded[name]))
    head += b"".join(name.encode() + b"\0" for name in items)
    head += b"".join(struct.pack(f"<{len(s)}i", *s) for _, s, _ in items.values())
    padding = (len(head) + 8) // 256 * 256 + 256 - len(head) - 8
    with open(path, "wb") as file:
        file.write(head + struct.pack("<Q", padding) + bytes(padding) + b"".join(padded.values()))


def quantise(items, code):
    """The same items with matrices of integers, and with the floats that those mean."""
    packed, floats = {}, {}
    for name, (old, values) in items.items():
        table = "Wemb" in name
        if not (name[-3:-1] == "_W" or name.endswith("_W") or (table and code == BROWSERMT)):
            packed[name] = floats[name] = old, values.shape, values.tobytes()
            continue
        divisor = numpy.float32(127) / numpy.abs(values).max()
        integers = numpy.clip(numpy.rint(values * divisor), -127, 127).astype(numpy.int8)
        stored = integers if table else integers.T
        packed[name] = code, values.shape, stored.tobytes() + divisor.tobytes()
        floats[name] = FLOAT32, values.shape, (integers.astype(numpy.float32) / divisor).tobytes()
        if code == BROWSERMT:
            scale = numpy.float32(127 / 4).tobytes()
            packed[name + "_QuantMultA"] = FLOAT32, (1, 1), scale
    return dict(sorted(packed.items())), floats


def train_pieces(path):
    sentencepiece.SentencePieceTrainer.train(
        input="train.src,train.trg", model_prefix="pieces", vocab_size=40, model_type="unigram",
        character_coverage=1.0, bos_id=-1, eos_id=0, unk_id=1, pad_id=-1, minloglevel=2,
        normalization_rule_name="identity", hard_vocab_limit=False)
    os.rename("pieces.model", path)
    os.remove("pieces.vocab")


def translate(model, vocabulary, lines):
    translator = pymarian.Translator(
        models=model, vocabs=[vocabulary] * 2, beam_size=1, n_best=True, normalize=0, quiet=True,
        quiet_translation=True, cpu_threads=1, workspace=64)
    outputs = [o.split(" ||| ") for o in translator.translate(lines)]
    return [o[1] for o in outputs], [float(o[3]) for o in outputs]


def make(name, model, vocabulary, code, **more):
    os.makedirs(name, exist_ok=True)
    model, vocabulary = f"{name}/{model}", f"{name}/{vocabulary}"
    train_pieces(vocabulary)
    options = dict(
        type="transformer", model="floats.bin", train_sets=list(texts), vocabs=[vocabulary] * 2,
        dim_emb=64, enc_depth=1, dec_depth=1, transformer_heads=2, transformer_dim_ffn=64,
        transformer_dropout=0.0, after="300u", mini_batch=16, learn_rate=0.003, cpu_threads=1,
        workspace=64, seed=7, quiet=True, overwrite=True, cost_type="ce-mean-words", maxi_batch=5,
        transformer_ffn_activation="relu", tied_embeddings_all=True)
    pymarian.Trainer(**(options | more)).train()
    packed, floats = quantise(read_items("floats.bin"), code)
    write_items(model, packed)
    write_items("floats.bin", floats)
    lines = sorted(set(sources))[::12]
    translations, scores = translate("floats.bin", vocabulary, lines)
    with open(f"{name}/expected.tsv", "w") as file:
        for line in zip(lines, translations, scores):
            if len(line[1].split()) <= 10:  # longer ones are cut by --max-length-factor
                file.write("\t".join(map(str, line)) + "\n")
    if code == MARIAN:
        of_integers = translate(model, vocabulary, lines)
        same = sum(a == b for a, b in zip(translations, of_integers[0]))
        apart = max(abs(a - b) for a, b in zip(scores, of_integers[1]))
        print(f"Marian's integers: {same} of {len(lines)} translations, scores {apart:.3f} apart")
        assert same >= 0.9 * len(lines)
    for extra in os.listdir("."):
        if extra.startswith("floats."):
            os.remove(extra)


make("packed", "model.bin", "vocab.spm", MARIAN)
make("student", "model.enxx.intgemm.alphas.bin", "vocab.enxx.spm", BROWSERMT, dec_depth=2,
     transformer_decoder_autoreg="rnn", dec_cell="ssru")
for name in texts:
    os.remove(name)
