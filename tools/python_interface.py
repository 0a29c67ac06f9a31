#!/usr/bin/env python3
"""Writes python/ingot/_interface.py, the constants, structs and functions of the public headers as
ctypes knows them. Usage: python_interface.py [--check] [ROOT]

The headers are regular (clang-format, docs/decisions/names.md), so that a small reader is enough;
what it understood is compared with the C compiler's layout by tests/python/test_interface.py."""
import pathlib
import re
import sys
import textwrap

HEADERS = ("ingot/core.h", "ingot/lines.h", "ingot.h", "ingot_texts.h", "ingot_answer.h",
           "ingot_score.h")
SCALARS = {
    "int": "c_int", "size_t": "c_size_t", "double": "c_double", "float": "c_float",
    "bool": "c_bool", "uint8_t": "c_uint8", "uint64_t": "c_uint64",
}
BEGINNING = '''"""The public headers of Ingot as ctypes knows them.

Made by tools/python_interface.py: not to be changed by hand."""
# fmt: off
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_float,
                    c_int, c_size_t, c_uint8, c_uint64, c_void_p)
from typing import Any, Dict, List, Tuple
'''


class Reader:
    """What the declarations read so far have defined."""

    def __init__(self):
        self.lines = []
        self.structs, self.handles, self.enums = set(), set(), set()
        self.functions = []

    def type_of(self, text, parameters=""):
        """The ctypes type of a C type; parameters: what comes after it in a list of them."""
        words = text.replace("*", " * ").split()
        stars = words.count("*")
        base = [word for word in words if word not in ("const", "struct", "*")]
        if len(base) != 1:
            raise SystemExit(f"python_interface: a type that is not understood: {text!r}")
        name, constant = base[0], words[0] == "const"
        if stars == 0:
            if name in self.structs:
                return name
            return "c_int" if name in self.enums else SCALARS[name]
        if name == "char":  # texts with a length may hold NULs; what is not const is to be freed
            if stars == 1:
                return "POINTER(c_char)" if parameters.startswith("size_t length") else "c_char_p"
            return "POINTER(c_char_p)" if constant else "POINTER(c_void_p)"
        if name == "void" or name in self.handles:
            inner, stars = "c_void_p", stars - 1
        else:
            inner = name if name in self.structs else SCALARS.get(name, "c_int")
        for _ in range(stars):
            inner = f"POINTER({inner})"
        return inner

    def signature(self, result, parameters):
        """The types of a function's result and parameters, as CFUNCTYPE takes them."""
        types = ["None" if result.strip() == "void" else self.type_of(result)]
        listed = [] if parameters.strip() in ("", "void") else split(parameters)
        for index, parameter in enumerate(listed):
            following = ", ".join(listed[index + 1:]).strip()
            name, callback = self.callback(parameter)
            if not name:
                kind, _, count = declared(parameter)
                callback = self.type_of(kind + "*" if count else kind, following)
            types.append(callback)
        return types

    def callback(self, text):
        """(name, type) of `RESULT (*NAME)(PARAMETERS)`; of anything else (None, None)."""
        function = re.fullmatch(r"(.*?)\(\*(\w+)\)\((.*)\)", text.strip(), re.S)
        if not function:
            return None, None
        types = self.signature(function[1], function[3])
        return function[2], f"CFUNCTYPE({', '.join(types)})"

    def members(self, body):
        """(name, type) of each member of a struct."""
        for statement in split(body, ";"):
            name, callback = self.callback(statement)
            if name:
                yield name, callback
            elif statement.strip():
                first, *others = split(statement)
                kind, name, count = declared(first)
                base = kind.replace("*", "").strip()
                yield name, self.array(kind, count)
                for other in others:
                    stars, name, count = declared(base + " " + other.strip())
                    yield name, self.array(stars, count)

    def array(self, kind, count):
        """The type, or of `NAME[count]` an array of it."""
        if count and kind.strip() == "char":
            return f"c_char * {count}"
        return f"{self.type_of(kind)} * {count}" if count else self.type_of(kind)

    def read(self, text):
        """All declarations of a header."""
        for statement in split(clean(text), ";"):
            statement = " ".join(statement.split())
            if match := re.fullmatch(r"typedef enum \w+ \{(.*)\} (\w+)", statement):
                self.enums.add(match[2])
                value = -1
                for item in split(match[1]):
                    name, _, given = (part.strip() for part in item.partition("="))
                    value = int(given) if given else value + 1
                    self.lines.append(f"{name} = {value}")
            elif match := re.fullmatch(r"typedef struct \w+ \{(.*)\} (\w+)", statement):
                members = list(self.members(match[1]))
                self.structs.add(match[2])
                self.lines += ["", "", f"class {match[2]}(Structure):", "    _fields_ = ["]
                self.lines += [f'        ("{name}", {kind}),' for name, kind in members]
                self.lines += ["    ]", "", ""]
            elif match := re.fullmatch(r"typedef struct (\w+) \1", statement):
                self.handles.add(match[1])
            elif match := re.fullmatch(r"(.*?)(ig_\w+)\((.*)\)", statement):
                self.functions.append((match[2], self.signature(match[1], match[3])))
            elif statement:
                raise SystemExit(f"python_interface: not understood: {statement}")


def split(text, separator=","):
    """The parts between separators that stand in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "({[") - (letter in ")}]")
        if letter == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts if parts[-1].strip() else parts[:-1]


def declared(text):
    """`const char *name[64]`: its type, name and count (or None)."""
    match = re.fullmatch(r"(.*?)(\w+)(?:\[(\w+)\])?", text.strip(), re.S)
    return match[1], match[2], match[3]


def clean(text):
    """Without comments, directives and what is for C++."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"#ifdef __cplusplus\n.*?#endif\n", "", text, flags=re.S)
    return re.sub(r"^#.*$", "", text, flags=re.M)


def wrapped(line):
    """A line, or several of at most 100 columns."""
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return line if len(line) <= 100 or "\n" in line else textwrap.fill(
        line, 100, subsequent_indent=indent, break_long_words=False)


def made(root):
    """The text of _interface.py."""
    reader = Reader()
    version = {}
    for header in HEADERS:
        text = (root / "include" / header).read_text(encoding="utf-8")
        version.update(re.findall(r"#define INGOT_VERSION_(MAJOR|MINOR) (\d+)", text))
        reader.read(text)
    lines = [BEGINNING, f"VERSION = \"{version['MAJOR']}.{version['MINOR']}\"", *reader.lines]
    lines += ["", "# name: (result, parameters)", "FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {"]
    for name, (result, *parameters) in reader.functions:
        lines.append(f'    "{name}": ({result}, [{", ".join(parameters)}]),')
    text = "\n".join(wrapped(line) for line in lines) + "\n}\n"
    return re.sub(r"\n{4,}", "\n\n\n", text)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[1])
    target = root / "python" / "ingot" / "_interface.py"
    text = made(root)
    if "--check" not in sys.argv[1:]:
        target.write_text(text, encoding="utf-8")
    elif not target.exists() or target.read_text(encoding="utf-8") != text:
        raise SystemExit(f"{target}: not what the headers say; run tools/python_interface.py")


if __name__ == "__main__":
    main()
