"""The examples of docs/python.md run."""
import contextlib
import io
import os
import re
import unittest

from common import SOURCE


class Documents(unittest.TestCase):
    def test_python_md(self):
        text = (SOURCE / "docs" / "python.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
        self.assertGreater(len(blocks), 5)
        names, out = {}, io.StringIO()
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(SOURCE)
        with contextlib.redirect_stdout(out):
            for block in blocks:
                exec(compile(block, "docs/python.md", "exec"), names)
        said = out.getvalue()
        self.assertIn("Wie geht es dir? Mir geht es gut.", said)
        self.assertIn("io nowhere/config.json", said)
        self.assertTrue(os.path.exists(names["folder"] + "/fused/model.safetensors"))


if __name__ == "__main__":
    unittest.main()
