#!/usr/bin/env python3
"""Speed of tokenizers beside Hugging Face tokenizers, both on one thread: user CPU seconds for the
lines of text files, the least of several runs, which alternate.

Usage: tokenizer_speed.py BENCH_TOKENIZE TEXT_FILE... -- FAMILY DIRECTORY [FAMILY DIRECTORY ...]
Writes CSV: directory, tokens, seconds of Ingot, of tokenizers, and how many times as fast Ingot is.

A directory holds a tokenizer.json, which both read, or files of a class of transformers. The time
is that of encoding alone: Ingot's program measures its own, here the process's time is taken around
encode_batch_fast with TOKENIZERS_PARALLELISM=false, which leaves the results in Rust's memory."""
import gzip
import os
import subprocess
import sys

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
import transformers  # noqa: E402

RUNS = 5


def read_lines(names):
    lines = []
    for name in names:
        opened = gzip.open if name.endswith(".gz") else open
        with opened(name, "rt", encoding="utf-8", newline="\n") as file:
            lines += [line.rstrip("\n").replace("\0", " ") for line in file]
    return lines


def ours(program, family, directory, data):
    run = subprocess.run([program, family, directory, "ids"], input=data, check=True,
                         stderr=subprocess.PIPE)
    words = run.stderr.decode().split()
    return int(words[0]), float(words[3])


def theirs(backend, lines):
    begin = os.times().user
    encodings = backend.encode_batch_fast(lines)
    seconds = os.times().user - begin
    return sum(len(e) for e in encodings), seconds


def main():
    split = sys.argv.index("--")
    program, files, kinds = sys.argv[1], sys.argv[2:split], sys.argv[split + 1:]
    lines = read_lines(files)
    data = "".join(line + "\0" for line in lines).encode()
    print("directory,tokens,ingot,tokenizers,times")
    for family, directory in zip(kinds[0::2], kinds[1::2]):
        backend = transformers.AutoTokenizer.from_pretrained(directory).backend_tokenizer
        ingot, peer = [], []
        for _ in range(RUNS):
            ingot.append(ours(program, family, directory, data))
            peer.append(theirs(backend, lines))
        if ingot[0][0] != peer[0][0]:
            sys.exit(f"{directory}: {ingot[0][0]} tokens, but {peer[0][0]} of tokenizers")
        a, b = min(s for _, s in ingot), min(s for _, s in peer)
        print(f"{os.path.basename(directory)},{ingot[0][0]},{a:.3f},{b:.3f},{b / a:.2f}",
              flush=True)


main()
