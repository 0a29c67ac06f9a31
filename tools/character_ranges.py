#!/usr/bin/env python3
"""Writes src/text/character_ranges.c: the letters, numbers and white space that the patterns of
byte-level tokenizers mean.

The classes are asked of the `tokenizers` package itself (0.23.3: Unicode 16.0), for they decide
the ids. Usage: tools/character_ranges.py > src/text/character_ranges.c"""
import tokenizers
from tokenizers import Regex, pre_tokenizers

CLASSES = [("letters", r"\p{L}"), ("numbers", r"\p{N}"), ("spaces", r"\s")]


def members(pattern):
    """The code points that the pattern matches."""
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    found = []
    for block in range(0, 0x110000, 0x400):
        codes = [c for c in range(block, block + 0x400) if not 0xD800 <= c < 0xE000]
        # An "_" between two characters keeps matches apart. Stretches without a match are joined.
        text = "_".join(map(chr, codes))
        for piece, (begin, _) in split.pre_tokenize_str(text):
            if len(piece) == 1 and piece != "_" and begin % 2 == 0:
                found.append(codes[begin // 2])
    return found


def ranges(codes):
    """(first, last) of each run of code points."""
    out = []
    for c in codes:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def main():
    print("// Classes of characters, written by tools/character_ranges.py with tokenizers "
          f"{tokenizers.__version__}.")
    print('#include "text/character_ranges.h"')
    for name, pattern in CLASSES:
        found = ranges(members(pattern))
        print("\n// clang-format off")
        print(f"static const ig_character_range {name}[] = {{")
        line = "   "
        for first, last in found:
            item = f" {{0x{first:X}, 0x{last:X}}},"
            if len(line) + len(item) > 100:
                print(line)
                line = "   "
            line += item
        print(line)
        print("};")
        print("// clang-format on")
        print(f"const ig_character_ranges ig_character_ranges_{name} = "
              f"{{{name}, sizeof {name} / sizeof *{name}}};")


main()
