"""ingot.Answerer against the command."""
import json
import unittest

import ingot
from common import SOURCE, InFolder, command

QA = SOURCE / "models" / "qa-en"
PASSAGE = (SOURCE / "examples" / "passage.txt").read_text(encoding="utf-8").strip()
QUESTIONS = ["Who designed the third one?", "When was the bridge built?"]


class Answer(InFolder):
    @classmethod
    def setUpClass(cls):
        cls.answerer = ingot.Answerer(QA)
        cls.addClassCleanup(cls.answerer.close)

    def by_the_command(self, *options):
        """The command's answers, as dicts of its JSON."""
        lines = [json.dumps({"question": q, "context": PASSAGE}) for q in QUESTIONS]
        out = command("answer", "-m", QA, "--json-lines", "-i", "-", "-q", *options,
                      text="\n".join(lines) + "\n")
        return [json.loads(line) for line in out.splitlines()]

    def test_as_the_command(self):
        found = self.answerer.answer_all([(q, PASSAGE) for q in QUESTIONS])
        for ours, theirs in zip(found, self.by_the_command()):
            self.assertEqual((str(ours), ours.start, ours.end),
                             (theirs["answer"], theirs["start"], theirs["end"]))
            self.assertAlmostEqual(ours.score, theirs["score"], places=6)
            self.assertEqual(PASSAGE[ours.start:ours.end], ours.text)
        self.assertEqual(self.answerer.answer(QUESTIONS[0], PASSAGE), found[0])

    def test_options(self):
        with ingot.Answerer(QA, n_best=3, show_passage=True, threads=1) as answerer:
            found = answerer.answer_all([(q, PASSAGE) for q in QUESTIONS])
        for ours, theirs in zip(found, self.by_the_command("--n-best", 3, "--show-passage")):
            self.assertEqual([a.text for a in ours.n_best],
                             [a["text"] for a in theirs["n_best"]])
            self.assertEqual(ours.passage, theirs["passage"]["text"])

    def test_errors(self):
        with self.assertRaises(ingot.IngotError):
            ingot.Answerer("nowhere")
        with self.assertRaises(ingot.IngotError):
            ingot.Answerer(QA, beam_size=2)  # of models that generate
        with self.assertRaises(ingot.IngotError):
            ingot.Answerer(QA, post_processing="other")
        for wrong in ({"n_best": 0}, {"threads": 0}, {"length_penalty": float("nan")}):
            with self.assertRaisesRegex(ingot.IngotError, next(iter(wrong)) + ": expected"):
                ingot.Answerer(QA, **wrong)
        with self.assertRaises(ingot.IngotError):
            self.answerer.answer("", PASSAGE)
        bad, good = self.answerer.answer_all([("", PASSAGE), (QUESTIONS[0], PASSAGE)])
        self.assertTrue(bad.problem)
        self.assertIsNone(good.problem)
        for wrong in ("ab", ("a",), ("a", "b", "c"), None):
            with self.assertRaisesRegex(TypeError, r"pair 1: expected \(question, context\)"):
                self.answerer.answer_all([wrong])
        closed = ingot.Answerer(QA)
        closed.close()
        with self.assertRaises(ingot.IngotError):
            closed.answer(QUESTIONS[0], PASSAGE)


if __name__ == "__main__":
    unittest.main()
