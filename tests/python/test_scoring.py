"""ingot.score and ingot.score_squad against the command."""
import json
import unittest

import ingot
from common import InFolder, command

HYPOTHESES = ["the cat sat on the mat", "a Dog ran .", "it is raining"]
REFERENCES = ["the cat is on the mat", "a dog ran away .", "it rains"]
OTHERS = ["a cat sat on a mat", "the dog ran .", "it is raining"]
SQUAD = {"version": "1.1", "data": [{"title": "t", "paragraphs": [{
    "context": "The bridge was built in 1894.", "qas": [
        {"id": "a", "question": "When?", "answers": [{"text": "1894", "answer_start": 24}]},
        {"id": "b", "question": "What?", "answers": [{"text": "The bridge",
                                                      "answer_start": 0}]}]}]}]}


class Scores(InFolder):
    def setUp(self):
        super().setUp()
        for name, lines in (("hyp", HYPOTHESES), ("ref", REFERENCES), ("other", OTHERS)):
            (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self.folder / "squad.json").write_text(json.dumps(SQUAD), encoding="utf-8")

    def test_lines_are_the_commands(self):
        for metric in ("bleu", "chrf", "ter", "rouge1", "rouge2", "rougeL", "rougeLsum"):
            line = command("score", metric, "-r", "ref", "-i", "hyp").strip()
            found = ingot.score(metric, HYPOTHESES, REFERENCES)
            self.assertEqual(str(found), line)
            self.assertEqual(float(found), found.value)
            both = command("score", metric, "-r", "ref", "-r", "other", "-i", "hyp").strip()
            self.assertEqual(ingot.score(metric, HYPOTHESES, [REFERENCES, OTHERS]).line, both)
            self.assertNotEqual(both, line)

    def test_options(self):
        line = command("score", "bleu", "-r", "ref", "-i", "hyp", "--lowercase", "--tokenize",
                       "char").strip()
        self.assertEqual(ingot.score("bleu", HYPOTHESES, REFERENCES, lowercase=True,
                                     tokenize="char").line, line)
        line = command("score", "chrf", "-r", "ref", "-i", "hyp", "--chrf-word-order", 2).strip()
        self.assertEqual(ingot.score("chrf", HYPOTHESES, REFERENCES, chrf_word_order=2).line, line)
        lines = command("score", "bleu", "-r", "ref", "-i", "hyp", "--sentence").splitlines()
        self.assertEqual([ingot.score("bleu", [h], [r], effective_order=True).line
                          for h, r in zip(HYPOTHESES, REFERENCES)], lines)

    def test_squad(self):
        answers = {"a": "in 1894", "b": "the bridge"}
        (self.folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
        theirs = json.loads(command("score", "squad", "-r", "squad.json", "-i", "answers.json",
                                    "--json"))
        for hypothesis in (answers, "answers.json"):
            found = ingot.score_squad("squad.json", hypothesis)
            self.assertEqual((found.exact, found.f1, found.rules, found.total),
                             (theirs["exact_match"], theirs["f1"], theirs["rules"], 2))
        self.assertEqual(found.exact, 50.0)
        self.assertEqual(ingot.score_squad("squad.json", {"a": "1894", "c": "x"}).missing, 1)
        self.assertEqual(ingot.score_squad("squad.json", answers, version=2).rules, "squad-2.0")

    def test_errors(self):
        for wrong in (lambda: ingot.score("blue", HYPOTHESES, REFERENCES),
                      lambda: ingot.score("squad", HYPOTHESES, REFERENCES),
                      lambda: ingot.score("bleu", HYPOTHESES, REFERENCES[:2]),
                      lambda: ingot.score("bleu", HYPOTHESES, [REFERENCES, OTHERS[:1]]),
                      lambda: ingot.score("bleu", HYPOTHESES, REFERENCES, tokenize="x"),
                      lambda: ingot.score("bleu", ["a\0b"], ["a"]),
                      lambda: ingot.score("bleu", ["a"], ["a"], rouge_stemmer=True),
                      lambda: ingot.score("chrf", ["a"], ["a"], tokenize="13a"),
                      lambda: ingot.score("ter", ["a"], ["a"], chrf_word_order=2),
                      lambda: ingot.score_squad("nowhere.json", {}),
                      lambda: ingot.score_squad("squad.json", {}, version=3)):
            with self.assertRaises(ingot.IngotError):
                wrong()
        with self.assertRaises(TypeError):
            ingot.score("bleu", "one text", REFERENCES)


if __name__ == "__main__":
    unittest.main()
