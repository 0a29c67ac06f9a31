"""What the tests of the Python package share."""
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["INGOT_SOURCE"])
COMMAND = os.environ["INGOT"]
EN_DE = SOURCE / "models" / "en-de"

# Ctrl-C is tested, also where whoever started the tests ignores it, as a shell does for what runs
# in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)


def command(*arguments, text="", code=0):
    """What the command prints."""
    done = subprocess.run([COMMAND, *map(str, arguments)], input=text, capture_output=True,
                          encoding="utf-8", check=False)
    if done.returncode != code:
        raise AssertionError(f"{arguments}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


class InFolder(unittest.TestCase):
    """Tests that write: each in an empty folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ingot-test-")
        self.addCleanup(folder.cleanup)
        before = os.getcwd()
        os.chdir(folder.name)
        self.addCleanup(os.chdir, before)
        self.folder = pathlib.Path(folder.name)
