#!/usr/bin/env python3
"""Writes src/text/lower_case_table.c: what lower-casing of the `tokenizers` package (0.23.3:
Unicode 17.0) makes of single characters.
Usage: tools/lower_case.py > src/text/lower_case_table.c"""
import tokenizers
from tokenizers import normalizers


def runs():
    """[first, last, step, difference]: characters that are as far from their lower case."""
    lower = normalizers.Lowercase()
    found = []
    for code in (c for c in range(0x110000) if not 0xD800 <= c < 0xE000):
        text = lower.normalize_str(chr(code))
        if len(text) != 1 or text == chr(code):
            continue  # U+0130 alone becomes two characters
        difference = ord(text) - code
        last = found[-1] if found else None
        gap = code - last[1] if last else 0
        if last and last[3] == difference and gap in (1, 2) and last[2] in (0, gap):
            last[1:3] = [code, gap]
        else:
            found.append([code, code, 0, difference])
    return found


def main():
    print("// Characters and their lower case, written by tools/lower_case.py with tokenizers "
          f"{tokenizers.__version__}.")
    print('#include "text/lower_case.h"\n')
    print("// clang-format off")
    print("const ig_lower_case_run ig_lower_case_runs[] = {")
    line = "   "
    for first, last, step, difference in runs():
        item = f" {{0x{first:X}, 0x{last:X}, {step or 1}, {difference}}},"
        if len(line) + len(item) > 100:
            print(line)
            line = "   "
        line += item
    print(line)
    print("};")
    print("// clang-format on")
    print("const size_t ig_lower_case_run_count = "
          "sizeof ig_lower_case_runs / sizeof *ig_lower_case_runs;")


main()
