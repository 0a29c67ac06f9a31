"""ingot.Translator against the command."""
import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest

import ingot
from common import EN_DE, InFolder, command

LINES = ["How are you? I am fine.", "The house is small.", "", "A dog and a cat.", "Good morning!"]


def translated(*options, lines=LINES):
    """Lines of the command's output."""
    out = command("translate", "-m", EN_DE, "-q", "--threads", 1, *options,
                  text="".join(x + "\n" for x in lines))
    return out.split("\n")[:-1]


class Translate(InFolder):
    @classmethod
    def setUpClass(cls):
        cls.translator = ingot.Translator(EN_DE, threads=1)
        cls.addClassCleanup(cls.translator.close)

    def test_version(self):
        self.assertEqual("ingot " + ingot.__version__, command("--version").split("\n")[0])

    def test_as_the_command(self):
        expected = translated()
        self.assertEqual([t.text for t in self.translator.translate(LINES)], expected)
        self.assertEqual([self.translator.translate(x).text for x in LINES], expected)
        self.assertEqual([str(t) for t in self.translator.translate_lines(
            x + "\r\n" for x in LINES)], expected)

    def test_options(self):
        t = self.translator.with_options(beam_size=4, n_best=3, length_penalty=0.6)
        expected = translated("--beam-size", 4, "--n-best", 3, "--length-penalty", 0.6)
        for found in (t.translate(LINES), [t.translate(x) for x in LINES]):
            self.assertEqual([h.text for x in found for h in x.n_best],
                             [x.split("\t")[1] for x in expected])
            self.assertEqual([h.score for x in found for h in x.n_best],
                             [float(x.split("\t")[0]) for x in expected])
            self.assertEqual(found[0].text, found[0].n_best[0].text)
        plain = self.translator.translate(LINES)[0]
        self.assertEqual((plain.score, plain.n_best), (None, ()))

    def test_alternatives(self) -> None:
        t = self.translator.with_options(alternatives=3, target_prefix="Wie")
        found = t.translate("How are you today?")
        self.assertEqual(len({h.text for h in found.n_best}), 3)
        self.assertTrue(all(h.text.startswith("Wie") for h in found.n_best))
        self.assertEqual(found.text, found.n_best[0].text)
        for wrong in ({"alternatives": 1}, {"alternatives": 3, "n_best": 2, "beam_size": 2}):
            with self.assertRaises(ingot.IngotError):
                self.translator.with_options(**wrong)

    def test_sampling_by_seed(self):
        t = self.translator.with_options(sample=True, seed=7, top_k=0)
        self.assertEqual([x.text for x in t.translate(LINES)],
                         translated("--sample", "--seed", 7, "--top-k", 0))

    def test_scores_of_tokens(self):
        t = self.translator.with_options(scores="tokens").translate(LINES[1])
        score, tokens, text = translated("--scores", "tokens", lines=LINES[1:2])[0].split("\t")
        self.assertEqual((t.text, t.score), (text, float(score)))
        self.assertEqual(t.token_scores, tuple(map(float, tokens.split())))

    def test_ids(self):
        ids = self.translator.with_options(ids=True).translate(LINES[3])
        self.assertEqual(" ".join(map(str, ids.ids)), translated("--ids", lines=LINES[3:4])[0])
        read = self.translator.with_options(ids_in=True)
        self.assertEqual(read.translate([[5, 6, 0]])[0].text,
                         translated("--ids-in", lines=["5 6 0"])[0])

    def test_alignments(self):
        found = self.translator.with_options(alignments=True).translate(LINES)
        translated("--alignments", "links")
        pharaoh = [" ".join(f"{i}-{j}" for i, j in x.alignments[0].pairs) if x.alignments else ""
                   for x in found if len(x.alignments) < 2]
        links = (self.folder / "links").read_text(encoding="utf-8").split("\n")
        self.assertEqual(pharaoh, links[1:-1])
        translated("--alignments", "json", "--alignments-format", "json")
        with open("json", encoding="utf-8") as lines:
            first = json.loads(next(lines))["sentences"]
        self.assertEqual([list(a.target_tokens) for a in found[0].alignments],
                         [s["target"] for s in first])
        self.assertEqual(len(found[0].alignments), 2)
        for ours, theirs in zip(found[0].alignments[0].weights, first[0]["weights"]):
            for x, y in zip(ours, theirs):
                self.assertAlmostEqual(x, y, places=4)
        self.assertIn("</s>", found[1].tokens)

    def test_texts(self):
        text = LINES[1] + "\n\n" + LINES[0]
        found = self.translator.translate_texts([text, "", LINES[3]], token_scores=True,
                                                alignments=True)
        self.assertEqual([str(t) for t in found],
                         [self.translator.translate(t).text for t in (text, "", LINES[3])])
        self.assertEqual([len(t.sentences) for t in found], [3, 1, 1])
        scored = self.translator.with_options(scores="tokens", ids=True)
        aligned = self.translator.with_options(alignments=True)
        for sentence, source in ((found[0].sentences[0], LINES[1]), (found[2].sentences[0],
                                                                     LINES[3])):
            alone = scored.translate(source)
            self.assertEqual(sentence.ids, alone.ids)
            self.assertAlmostEqual(sentence.score, alone.score, places=5)
            for ours, theirs in zip(sentence.token_scores, alone.token_scores):
                self.assertAlmostEqual(ours, theirs, places=5)
            self.assertEqual(len(sentence.token_scores), len(sentence.ids))
            self.assertEqual(sentence.alignments, aligned.translate(source).alignments)
        self.assertEqual(found[1].sentences[0].ids, ())
        greedy = self.translator.with_options(beam_size=1)
        plain = greedy.translate_texts([LINES[3]])[0].sentences[0]
        self.assertEqual((plain.score, plain.token_scores, plain.alignments), (None, None, ()))
        self.assertEqual(self.translator.translate_texts([]), [])

    def test_texts_with_options_of_lines(self):
        text = "How are you? I am fine."
        self.assertEqual(len(self.translator.translate_texts([text])[0].sentences), 2)
        for option in ({"scores": "tokens"}, {"ids": True}, {"n_best": 2, "beam_size": 2}):
            t = self.translator.with_options(**option)
            found = t.translate_texts([text])[0]
            self.assertEqual(len(found.sentences), 1)
            self.assertEqual(found.text, "" if "ids" in option else t.translate(text).text)
        aligned = self.translator.with_options(alignments=True).translate_texts([text])[0]
        self.assertEqual((len(aligned.sentences), aligned.text),
                         (2, self.translator.translate(text).text))
        for beam_size, token_scores, score in ((1, False, None), (1, True, 0), (2, False, 0)):
            t = self.translator.with_options(beam_size=beam_size)
            blank = t.translate_texts(["A dog.", ""], token_scores=token_scores)[1].sentences[0]
            self.assertEqual((blank.score, blank.ids, blank.token_scores),
                             (score, (), () if token_scores else None))

    def test_texts_with_choices_and_errors(self):
        beams = self.translator.with_options(beam_size=4, n_best=3)
        seen = []
        found = beams.translate_texts(iter(LINES), progress=seen.append)
        for text, expected in zip(found, beams.translate(LINES)):
            self.assertEqual([h.text for h in text.sentences[0].n_best],
                             [h.text for h in expected.n_best])
            for ours, theirs in zip(text.sentences[0].n_best, expected.n_best):
                self.assertAlmostEqual(ours.score, theirs.score, places=5)
        self.assertEqual((seen[-1].done, seen[-1].total), (len(LINES), len(LINES)))
        ids = self.translator.with_options(ids_in=True)
        fine, wrong = ids.translate_texts([[5, 6, 0], "5 x 0"])
        self.assertEqual((fine.error, wrong.text, wrong.sentences), (None, "", ()))
        self.assertEqual(wrong.error.status, "format")
        self.assertIn("'x'", str(wrong.error))
        with self.assertRaisesRegex(ingot.IngotError, "token_scores"):
            self.translator.translate_texts(LINES, token_scores=1)
        with self.assertRaises(TypeError):
            self.translator.translate_texts([5])

    def test_lines_of_a_text_are_kept(self):
        text = "The house is small.\n\nA dog and a cat."
        parts = [self.translator.translate(x).text for x in text.split("\n")]
        self.assertEqual(self.translator.translate(text).text, "\n".join(parts))
        self.assertEqual([t.text for t in self.translator.translate([LINES[1], text, LINES[1]])],
                         [parts[0], "\n".join(parts), parts[0]])

    def test_lines_are_kept_or_refused(self):
        text = "The house is small.\n\nA dog and a cat."
        expected = self.translator.translate(text).text
        self.assertEqual(expected.count("\n"), 2)
        whole = self.translator.with_options(split_sentences="off")
        self.assertEqual(whole.translate(text).text, expected)
        self.assertEqual(whole.translate(text.replace("\n", "\r\n")).text,
                         expected.replace("\n", "\r\n"))
        first = expected.split("\n")[0]
        for t in (whole, self.translator):
            self.assertEqual([x.text for x in t.translate([LINES[1], text, LINES[1]])],
                             [first, expected, first])
            self.assertEqual([x.text for x in t.translate_lines([text + "\n", LINES[1]])],
                             [expected, first])
        aligned = whole.with_options(alignments=True)
        found = aligned.translate([text, LINES[1]])
        self.assertEqual([x.text for x in found], [expected, first])
        self.assertEqual(found[1].alignments, aligned.translate(LINES[1]).alignments)
        for options in ({"n_best": 2, "beam_size": 2}, {"scores": "sentence"}, {"ids": True},
                        {"ids_in": True}):
            t = self.translator.with_options(**options)
            for function in (t.translate, lambda x, t=t: t.translate([x]),
                             lambda x, t=t: list(t.translate_lines([x]))):
                with self.assertRaisesRegex(ingot.IngotError, "expected one line"):
                    function("5 6\n7 0")
        scored = self.translator.with_options(scores="sentence")
        self.assertEqual(scored.translate(LINES[1] + "\n"), scored.translate(LINES[1]))

    def test_long_texts_and_many_lines(self):
        text = " ".join(["The house is small."] * 55)
        self.assertEqual(self.translator.translate(text).text,
                         " ".join([self.translator.translate("The house is small.").text] * 55))
        lines = [f"I have {n} dogs." for n in range(270)]
        seen = []
        found = self.translator.translate(lines, progress=seen.append)
        self.assertEqual([t.text for t in found], translated(lines=lines))
        self.assertEqual((seen[-1].done, seen[-1].total), (270, 270))

    def test_glossary_and_ensemble(self):
        (self.folder / "terms").write_text("dog\tKöter\n", encoding="utf-8")
        t = self.translator.with_options(glossary="terms", beam_size=4)
        self.assertIn("Köter", t.translate("A dog and a cat.").text)
        with ingot.Translator([EN_DE, EN_DE], weights=[2, 1], ensemble="geometric") as pair:
            self.assertEqual([x.text for x in pair.translate(LINES)], translated())

    def test_threads_share_it(self):
        expected, found = translated(), {}

        def work(number):
            found[number] = [self.translator.translate(x).text for x in LINES]

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, {n: expected for n in range(4)})

    def test_streams_are_lazy_and_may_be_left(self):
        taken = []

        def endless():
            while True:
                taken.append(1)
                yield "A dog."

        stream = self.translator.translate_lines(endless())
        self.assertEqual(next(stream).text, self.translator.translate("A dog.").text)
        stream.close()
        self.assertLess(len(taken), 600)

    def test_ctrl_c(self):
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            self.translator.translate([f"I have {n} dogs." for n in range(100000)])
        self.assertTrue(self.translator.translate(["A dog."])[0].text)

    def test_ctrl_c_at_any_time_leaves_no_thread(self):
        def interrupt(_signal, _frame):
            raise KeyboardInterrupt

        def after(seconds):
            signal.setitimer(signal.ITIMER_REAL, seconds)

        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(after, 0)
        numbers, texts, end = random.Random(1), [""] * 3000, time.monotonic() + 2
        while time.monotonic() < end:
            try:
                after(numbers.uniform(0.001, 0.03))
                self.translator.translate(texts)
                after(0)
            except KeyboardInterrupt:
                pass
            self.assertFalse([x.name for x in threading.enumerate()
                              if x.name.startswith("ig_") and x.is_alive()])

    def test_nothing_is_said_at_the_end(self):
        program = (f"import ingot; t = ingot.Translator({str(EN_DE)!r})\n"
                   "print(t.translate('A dog.'))")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True,
                              encoding="utf-8", check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.strip(), self.translator.translate("A dog.").text)

    def test_losses_are_told(self):
        with self.assertLogs("ingot", logging.WARNING) as logs:
            self.translator.translate("a \u0f00 b")
        self.assertIn("unknown_sources 1", logs.output[0])
        with self.assertLogs("ingot", logging.WARNING) as logs:
            self.translator.translate(["fine", "a \u0f00 b"])
        self.assertIn("line 2", logs.output[0])
        with self.assertLogs("ingot", logging.WARNING) as logs:
            self.translator.translate("a\0b")
        self.assertIn("character 2 is NUL", logs.output[0])

    def test_what_is_no_text(self):
        # Halves of surrogate pairs: of bytes that were read by "surrogateescape", and of no bytes.
        marked = self.translator.translate("a \ufffd b").text
        t = self.translator
        for translate in (t.translate, lambda text: t.translate([text])[0],
                          lambda text: list(t.translate_lines([text]))[0],
                          lambda text: t.translate_texts([text])[0]):
            with self.assertLogs("ingot", logging.WARNING) as logs:
                self.assertEqual(translate("a \udcff b").text, marked)
            self.assertRegex(logs.output[0], "repaired 1|byte 3 \\(0xFF\\) is not UTF-8")
            with self.assertLogs("ingot", logging.WARNING):
                translate("a \ud800 b")
        strict = t.with_options(strict=True)
        for wrong in ("a \udcff b", "a \ud800 b"):
            for translate in (strict.translate, lambda text: strict.translate([text]),
                              lambda text: list(strict.translate_lines([text]))):
                with self.assertRaisesRegex(ingot.IngotError, "not UTF-8 at byte 3"):
                    translate(wrong)

    def test_texts_that_are_refused_leave_others(self):
        strict = self.translator.with_options(strict=True)
        texts = [LINES[3], "a\0b", LINES[3], "a \udcff b", LINES[3]]
        found = strict.translate_texts(texts)
        for text in found[::2]:
            self.assertEqual((text.text, text.error), (strict.translate(LINES[3]).text, None))
        for text, words in ((found[1], "NUL at character 2"), (found[3], "not UTF-8 at byte 3")):
            self.assertEqual((text.text, text.sentences), ("", ()))
            self.assertIn(words, str(text.error))
        for wrong in ("A dog.", b"A dog.", 5, None):
            with self.assertRaisesRegex(TypeError, "texts: expected a list"):
                strict.translate_texts(wrong)


class Errors(InFolder):
    def refused(self, words, function, *arguments, error=ingot.IngotError, **options):
        with self.assertRaises(error) as caught:
            function(*arguments, **options)
        self.assertIn(words, str(caught.exception))
        return caught.exception

    def test_opening(self):
        error = self.refused("nowhere/config.json", ingot.Translator, "nowhere")
        self.assertEqual(error.status, "io")
        self.refused("beam_size", ingot.Translator, EN_DE, beam_size=2**40)
        self.refused("beam_size", ingot.Translator, EN_DE, beam_size=1.5)
        self.refused("strict", ingot.Translator, EN_DE, strict="yes")
        self.refused("length_penalty", ingot.Translator, EN_DE, length_penalty="x")
        self.refused("auto, off", ingot.Translator, EN_DE, split_sentences="on")
        self.refused("2 models", ingot.Translator, [EN_DE, EN_DE], weights=[1])
        self.refused("terms", ingot.Translator, EN_DE, glossary="terms", beam_size=2)
        self.refused("beam_sise", ingot.Translator, EN_DE, error=TypeError, beam_sise=2)

    def test_what_the_command_refuses(self):
        t = ingot.Translator(EN_DE)
        for name in ("sample", "ids", "ids_in", "keep_unknown", "alignments", "strict"):
            for wrong in ("no", 1, None):
                self.refused(f"{name}: expected True or False", t.with_options, **{name: wrong})
        for name, wrong in (("length_penalty", float("nan")), ("temperature", float("inf")),
                            ("beam_size", 0), ("beam_size", True), ("n_best", 0),
                            ("max_length", 0), ("batch_tokens", 0), ("seed", -1)):
            self.refused(f"{name}: expected", t.with_options, **{name: wrong})
            option = "--" + name.replace("_", "-")
            command("translate", "-m", EN_DE, f"{option}={wrong}", code=2)
        self.refused("threads: expected", ingot.Translator, EN_DE, threads=0)
        self.refused("alignments_layer", t.with_options, alignments_layer=1)
        self.assertTrue(t.with_options(alignments_layer=1, keep_unknown=True))
        self.refused("expected a str", t.translate, [[5, 6]], error=TypeError)
        read = t.with_options(ids_in=True)
        for wrong in ([5.9, 0], ["5"], 5, None, b"5"):
            self.refused("a source: expected", read.translate, [wrong], error=TypeError)

    def test_translating(self):
        t = ingot.Translator(EN_DE)
        self.refused("expected a str", t.translate, [b"bytes"], error=TypeError)
        for wrong in (None, b"bytes", 5):
            self.refused("source: expected a str", t.translate, wrong, error=TypeError)
        self.refused("scores: expected sentence, tokens", t.with_options, scores="auto")
        self.refused("prefix: half of a surrogate pair at character 2", t.with_options,
                     prefix="a\ud800")
        self.refused("threads", t.with_options, threads=2, error=TypeError)
        self.refused("n_bets", t.with_options, n_bets=2, error=TypeError)
        self.refused("NUL", t.with_options(strict=True).translate, "a\0b")

        def broken():
            yield "A dog."
            raise ZeroDivisionError("of the caller")

        self.refused("of the caller", lambda: list(t.translate_lines(broken())),
                     error=ZeroDivisionError)

        def broken_progress(_progress):
            raise ZeroDivisionError("of the caller")

        self.refused("of the caller", t.translate, ["A dog."] * 9, error=ZeroDivisionError,
                     progress=broken_progress)
        self.assertTrue(t.translate("A dog.").text)  # nothing of this spoiled it
        t.close()
        self.refused("closed", t.translate, "A dog.")


if __name__ == "__main__":
    unittest.main()
