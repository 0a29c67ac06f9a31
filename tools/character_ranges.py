#!/usr/bin/env python3
"""Writes src/text/character_ranges.c: the letters, numbers and white space that the patterns of
byte-level tokenizers mean, and the classes that other steps of tokenizers ask for.

The classes are asked of the `tokenizers` package itself (0.23.3; Unicode 16.0 for patterns, other
versions for other steps), for they decide the ids.
Usage: tools/character_ranges.py > src/text/character_ranges.c"""
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

CLASSES = [("letters", r"\p{L}"), ("numbers", r"\p{N}"), ("spaces", r"\s")]


HOLD = """
bool ig_character_ranges_hold(const ig_character_ranges *ranges, uint32_t code) {
  size_t low = 0, high = ranges->count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (code > ranges->list[middle].last)
      low = middle + 1;
    else
      high = middle;
  }
  return low < ranges->count && code >= ranges->list[low].first;
}"""


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


def all_codes():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def cut_into(step, count):
    """The code points that the step leaves between two letters in so many pieces."""
    return [c for c in all_codes() if len(step.pre_tokenize_str(f"a{chr(c)}a")) == count]


def dropped(step):
    return [c for c in all_codes() if step.normalize_str("a" + chr(c)) == "a"]


# Of Unicode 15.0 to 17.0, which unicodedata may not know.
LATER = [(0x897, 0x897), (0x1ACF, 0x1AEB), (0xA7F1, 0xA7F1), (0x105C9, 0x105C9),
         (0x105E4, 0x105E4), (0x10D69, 0x10D6D), (0x10EFA, 0x10EFF), (0x11383, 0x11391),
         (0x113C5, 0x113D0), (0x11F41, 0x11F42), (0x16121, 0x16128), (0x1612F, 0x1612F),
         (0x16D68, 0x16D6A), (0x1CCD6, 0x1CCF9), (0x1E030, 0x1E06D), (0x1E08F, 0x1E08F),
         (0x1E4EC, 0x1E4EF), (0x1E5EE, 0x1E5EF), (0x1E6E3, 0x1E6F5)]


def inert():
    """The code points that newer Unicode decomposes or reorders, and the library does not."""
    forms = [("NFD", normalizers.NFD()), ("NFKD", normalizers.NFKD())]
    found = {c for first, last in LATER for c in range(first, last + 1)}
    for c in all_codes():
        text, number = chr(c), unicodedata.combining(chr(c))
        if any(step.normalize_str(text) != unicodedata.normalize(form, text)
               for form, step in forms):
            found.add(c)
        reordered = f"a{text}\u0334" if number > 1 else f"a\u0345{text}"
        if number and forms[0][1].normalize_str(reordered) == reordered:
            found.add(c)
    return sorted(found)


def classes():
    yield from ((name, members(pattern)) for name, pattern in CLASSES)
    yield "words", cut_into(pre_tokenizers.Whitespace(), 1)
    yield "digits", cut_into(pre_tokenizers.Digits(individual_digits=True), 3)
    yield "punctuation", cut_into(pre_tokenizers.Punctuation(), 3)
    yield "marks", dropped(normalizers.StripAccents())
    yield "controls", dropped(normalizers.BertNormalizer(True, False, False, False))
    yield "accents", dropped(normalizers.BertNormalizer(False, False, True, False))
    yield "inert", inert()


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
    for name, codes in classes():
        found = ranges(codes)
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
    print(HOLD)


main()
