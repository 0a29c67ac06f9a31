#!/usr/bin/env python3
"""What ingot.Translator.translate adds to ig_translate, in microseconds a sentence.

Usage: python_overhead.py BUILD MODEL [RUNS], with `ingot` installed, or PYTHONPATH=python and
INGOT_LIBRARY=BUILD/libingot.so. Writes CSV: what is translated, sentences, microseconds of C
(bench_one_at_a_time), of the library's call by ctypes in this process, and of translate.

The same sentences, one at a time on one thread, the least of many repeats for each sentence, in
turns. The empty text needs no model: its differences are the least noisy. Of sentences the last two
columns are compared, for in another process the same code takes some percent more or less."""
import subprocess
import sys
from time import perf_counter

import ingot

SENTENCES = ["How are you?", "The house is small.", "A dog and a cat.", "Good morning!", "Thanks."]
REPEATS = 100


def of_c(program, model, lines):
    """Microseconds of each line."""
    done = subprocess.run([program, model, str(REPEATS)], check=True,
                          input="".join(line + "\n" for line in lines), encoding="utf-8",
                          stdout=subprocess.PIPE)
    return [float(word) for word in done.stdout.split()]


def of_python(translate, lines):
    """The same of a function here."""
    found = []
    for line in lines:
        least = 1e30
        for _ in range(REPEATS):
            begin = perf_counter()
            translate(line)
            least = min(least, perf_counter() - begin)
        found.append(least * 1e6)
    return found


def main():
    build, model = sys.argv[1:3]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    translator = ingot.Translator(model, threads=1)
    session = translator._session()
    print("text,sentences,c,call,translate")
    for name, lines in (("empty", [""]), ("sentences", SENTENCES)):
        least = [[1e30] * len(lines)] * 3
        for _ in range(runs):
            found = (of_c(f"{build}/bench/bench_one_at_a_time", model, lines),
                     of_python(lambda line: session.translate(line.encode()), lines),
                     of_python(translator.translate, lines))
            least = [list(map(min, before, now)) for before, now in zip(least, found)]
        means = ",".join(f"{sum(times) / len(lines):.1f}" for times in least)
        print(f"{name},{len(lines)},{means}", flush=True)


if __name__ == "__main__":
    main()
