"""The interpreter ends while translations are under way, or is asked for some as it ends."""
import subprocess
import sys
import textwrap
import unittest

import ingot
from common import EN_DE, SOURCE

BEGINNING = f"""
import atexit, gc, threading, time
def bye():
    print(t.translate("A dog."))
if AT_EXIT:
    atexit.register(bye)  # called after what the package itself may have registered
import ingot
t = ingot.Translator({str(EN_DE)!r}, threads=1)
def endless():
    while True:
        yield "A dog sleeps in the house of the man who has a horse."
class Asks:
    def __init__(self):
        self.translator, self.itself = t, self
        self.answerer = ingot.Answerer({str(SOURCE / "models" / "qa-en")!r}, threads=1)
    def __del__(self):
        for ask in (lambda: self.translator.translate("A dog."),
                    lambda: self.answerer.answer("Who did it?", "Bob did it.")):
            try:
                print(ask())
            except ingot.IngotError as error:
                print(error)
"""


class Exit(unittest.TestCase):
    def ends(self, program, at_exit=False):
        """What a program prints; it ends well."""
        program = f"AT_EXIT = {at_exit}\n" + BEGINNING + textwrap.dedent(program)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True,
                              encoding="utf-8", check=False, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    @classmethod
    def setUpClass(cls):
        with ingot.Translator(EN_DE, threads=1) as t:
            cls.dog = t.translate("A dog.").text

    def test_a_stream_that_is_left(self):
        self.assertEqual(len(self.ends("stream = t.translate_lines(endless())\n"
                                       "print(next(stream))")), 1)

    def test_daemons(self):
        self.ends("""
            def work():
                while True:
                    t.translate("A dog.")
            answerer = ingot.Answerer(MODEL, threads=1)
            pairs = [("Who did it?", "Bob did it. " * 50)] * 3000
            for function in (work, lambda: list(t.translate_lines(endless())),
                             lambda: answerer.answer_all(pairs)):
                threading.Thread(target=function, daemon=True).start()
            time.sleep(0.3)
        """.replace("MODEL", repr(str(SOURCE / "models" / "qa-en"))))

    def test_handlers_of_atexit(self):
        self.assertEqual(self.ends("", at_exit=True), [self.dog])

    def test_del_of_a_global(self):
        self.assertEqual(len(self.ends("x = Asks()")), 2)

    def test_del_by_the_garbage_collector(self):
        said = self.ends("x = Asks()\ndel x, t\ngc.collect()\nprint('end')")
        self.assertEqual(said[-1], "end")
        self.assertEqual(len(said), 3)


if __name__ == "__main__":
    unittest.main()
