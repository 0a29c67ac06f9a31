#!/usr/bin/env python3
"""Shortlists in the binary form of browsermt/marian-dev, written from its description alone
(src/io/shortlist_file.h), and the probabilities of IBM model 1 by the formulas of the paper, word
by word in dictionaries of doubles.

lists.bin and odd.bin are sound; the others are not, though their checksums are right.
probabilities.tsv: source word, target word, p(target | source) after five steps over PAIRS; source
word 4 is the empty one."""

import os
import struct

os.chdir(os.path.dirname(os.path.abspath(__file__)))
MAGIC = 0xF11A48D5013417F5


def checksum(content):
    """boost::hash_combine over the whole words of 8 bytes, whose hashes are themselves."""
    total = 0
    for (word,) in struct.iter_unpack("<Q", content[: len(content) // 8 * 8]):
        total ^= word + 0x9E3779B9 + (total << 6) + (total >> 2)
        total %= 1 << 64
    return total


def write(name, first, best, offsets, ids):
    content = struct.pack("<4Q", first, best, len(offsets), len(ids))
    content += struct.pack(f"<{len(offsets)}Q", *offsets) + struct.pack(f"<{len(ids)}I", *ids)
    with open(name, "wb") as file:
        file.write(struct.pack("<2Q", MAGIC, checksum(content)) + content)


write("lists.bin", 2, 3, [0, 0, 3, 5, 6], [4, 7, 9, 3, 4, 0])
write("odd.bin", 1, 100, [0, 2, 3], [5, 6, 0])
write("backwards.bin", 2, 3, [0, 3, 2, 5, 6], [4, 7, 9, 3, 4, 0])
write("unfinished.bin", 2, 3, [0, 0, 3, 5, 5], [4, 7, 9, 3, 4, 0])
write("beyond.bin", 2, 3, [0, 0, 3, 7, 6], [4, 7, 9, 3, 4, 0])
write("late.bin", 2, 3, [1, 1, 3, 5, 6], [4, 7, 9, 3, 4, 0])
write("without-offsets.bin", 2, 3, [], [1, 2])
write("no-id.bin", 2, 3, [0, 1], [0xFFFFFFFF])

PAIRS = [([0, 1], [0, 1]), ([0, 2], [0, 2, 2]), ([3, 2, 3], [3, 2]), ([1], [1, 0])]
EMPTY = 4
pairs = [(source + [EMPTY], target) for source, target in PAIRS]
probability = {(s, t): 1.0 for source, target in pairs for s in source for t in target}
for _ in range(5):
    made = dict.fromkeys(probability, 0.0)
    for source, target in pairs:
        for t in target:
            total = sum(probability[s, t] for s in source)
            for s in source:
                made[s, t] += probability[s, t] / total
    for s in range(EMPTY + 1):
        total = sum(value for (word, _), value in made.items() if word == s)
        for key in made:
            if key[0] == s:
                probability[key] = made[key] / total
with open("probabilities.tsv", "w", encoding="utf-8") as file:
    for (s, t), value in sorted(probability.items()):
        file.write(f"{s}\t{t}\t{value:.12g}\n")
