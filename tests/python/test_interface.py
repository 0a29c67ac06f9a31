"""The structs of _interface.py are those of the C compiler, and of the headers as they are now."""
import ctypes
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from common import SOURCE
from ingot import _interface

COMPILER = os.environ.get("CC") or "cc"


def assertions():
    """Sizes and places of all members, as ctypes lays them out."""
    lines = [f'#include "{name}"' for name in
             ("stddef.h", "ingot.h", "ingot_texts.h", "ingot_answer.h", "ingot_score.h")]
    for name, struct in sorted(vars(_interface).items()):
        if not (isinstance(struct, type) and issubclass(struct, ctypes.Structure)
                and name.startswith("ig_")):
            continue
        lines.append(f'_Static_assert(sizeof({name}) == {ctypes.sizeof(struct)}, "{name}");')
        for member, *_ in struct._fields_:
            place = getattr(struct, member)
            lines.append(f"_Static_assert(offsetof({name}, {member}) == {place.offset} && "
                         f"sizeof((({name} *)0)->{member}) == {place.size}, "
                         f'"{name}.{member}");')
    return "\n".join(lines) + "\n"


def compiles(text):
    """What the compiler says; empty: nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "layout.c")
        path.write_text(text, encoding="utf-8")
        return subprocess.run([COMPILER, "-std=c11", "-fsyntax-only", "-I", SOURCE / "include",
                               path], capture_output=True, encoding="utf-8", check=False).stderr


@unittest.skipUnless(shutil.which(COMPILER), "no C compiler")
class Layout(unittest.TestCase):
    def test_is_the_compilers(self):
        text = assertions()
        self.assertGreater(text.count("offsetof"), 200)
        self.assertEqual(compiles(text), "")

    def test_a_wrong_place_is_found(self):
        text = assertions()
        wrong = re.sub(r"(offsetof\(ig_translator_options, type\) == )(\d+)",
                       lambda m: m[1] + str(int(m[2]) + 8), text)
        self.assertNotEqual(text, wrong)
        self.assertIn("ig_translator_options.type", compiles(wrong))


class Headers(unittest.TestCase):
    tool = SOURCE / "tools" / "python_interface.py"

    def check(self, root):
        return subprocess.run([sys.executable, self.tool, "--check", root], capture_output=True,
                              encoding="utf-8", check=False)

    def test_interface_is_up_to_date(self):
        done = self.check(SOURCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_new_member_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(SOURCE / "include", pathlib.Path(folder, "include"))
            copied = pathlib.Path(folder, "python", "ingot")
            copied.mkdir(parents=True)
            shutil.copy(SOURCE / "python" / "ingot" / "_interface.py", copied)
            self.assertEqual(self.check(folder).returncode, 0)
            header = pathlib.Path(folder, "include", "ingot.h")
            text = header.read_text(encoding="utf-8")
            header.write_text(text.replace("} ig_train_options;",
                                           "  int more, *others;\n} ig_train_options;"),
                              encoding="utf-8")
            self.assertNotEqual(self.check(folder).returncode, 0)


if __name__ == "__main__":
    unittest.main()
