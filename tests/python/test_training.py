"""ingot.train, its callbacks and its end by Ctrl-C; ingot.fuse of what it made."""
import contextlib
import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import textwrap
import unittest
from unittest import mock

import ingot
from common import InFolder, command


def config(output, **train):
    """A tiny training: digits, reversed."""
    return {
        "data": {"train": {"source": "t.src", "target": "t.trg"},
                 "valid": {"source": pathlib.Path("v.src"), "target": "v.trg"},
                 "tokens": "whitespace"},
        "model": {"family": "marian", "d_model": 16, "encoder_layers": 1, "decoder_layers": 1,
                  "encoder_attention_heads": 2, "decoder_attention_heads": 2,
                  "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "dropout": 0.1},
        "train": {"output": output, "updates": 20, "batch_tokens": 120, "learning_rate": 0.005,
                  "warmup": 5, "log_every": 5, **train},
    }


class InCorpus(InFolder):
    def setUp(self):
        super().setUp()
        numbers = random.Random(1)
        for name, count in (("t", 400), ("v", 10)):
            lines = [[str(numbers.randrange(10)) for _ in range(2 + n % 5)] for n in range(count)]
            for side, direction in (("src", 1), ("trg", -1)):
                text = "".join(" ".join(line[::direction]) + "\n" for line in lines)
                (self.folder / f"{name}.{side}").write_text(text, encoding="utf-8")

    def weights(self, directory):
        """The bytes of a model's weights."""
        return (self.folder / directory / "model.safetensors").read_bytes()


class Train(InCorpus):
    def test_report(self):
        ingot.train(config("ours", validate_every=10))
        ingot.report(["ours", pathlib.Path("ours/metrics.jsonl")], "ours.html", title="Reversed")
        ingot.report("ours", "one.html")
        command("report", "ours", "-o", "theirs.html")
        page = pathlib.Path("ours.html").read_text(encoding="utf-8")
        self.assertIn("<title>Reversed</title>", page)
        self.assertIn("<desc>ours/metrics.jsonl, bleu</desc>", page)
        self.assertEqual(pathlib.Path("one.html").read_bytes(),
                         pathlib.Path("theirs.html").read_bytes())
        with open("ours/metrics.jsonl", "a", encoding="utf-8") as file:
            file.write("damaged\n{}\n")
        with self.assertLogs("ingot", "WARNING") as logs:
            ingot.report("ours", "one.html")
        self.assertIn("2 lines cannot be read", "".join(logs.output))
        with self.assertRaisesRegex(ingot.IngotError, "no metrics.jsonl"):
            ingot.report(".", "none.html")
        with self.assertRaisesRegex(ingot.IngotError, "1 to 8 runs"):
            ingot.report([], "none.html")

    def test_as_the_command(self):
        lines, seen = [], []
        stats = ingot.train(config("ours", validate_every=10), threads=1, metrics=lines.append,
                            progress=seen.append)
        self.assertEqual(stats["updates"], 20)
        with open("ours/metrics.jsonl", encoding="utf-8") as file:
            self.assertEqual(lines, [json.loads(line) for line in file])
        self.assertEqual((seen[-1].total, seen[-1].unit), (20, "updates"))
        text = json.dumps(config("theirs", validate_every=10), default=str)
        (self.folder / "c.yml").write_text(text, encoding="utf-8")
        command("train", "c.yml", "-q", "--threads", 1)
        self.assertEqual(self.weights("ours/latest"), self.weights("theirs/latest"))
        ingot.train(pathlib.Path("c.yml"), set={"train.output": "third", "train.seed": 2},
                    threads=1)
        self.assertNotEqual(self.weights("third/latest"), self.weights("theirs/latest"))
        ingot.train(text + "\n", set=["train.output=fourth"], threads=1)  # YAML itself
        self.assertEqual(self.weights("fourth/latest"), self.weights("theirs/latest"))

    def test_errors(self):
        wrong = config("out")
        wrong["train"]["updats"] = 3
        with self.assertRaises(ingot.IngotError) as caught:
            ingot.train(wrong)
        self.assertIn("updates", str(caught.exception))
        with self.assertRaises(ingot.IngotError) as caught:
            ingot.train("missing.yml")
        self.assertEqual(caught.exception.status, "io")
        with self.assertRaises(TypeError):
            ingot.train({"data": object()})
        self.assertFalse((self.folder / "out").exists())

    def test_a_callback_that_fails_ends_it(self):
        def broken(line):
            raise ZeroDivisionError(line["update"])

        with self.assertRaises(ZeroDivisionError):
            ingot.train(config("parts"), metrics=broken, threads=1)
        ingot.train(config("parts"), threads=1)  # goes on
        ingot.train(config("whole"), threads=1)
        self.assertEqual(self.weights("parts/latest"), self.weights("whole/latest"))

    def test_bars(self):
        with contextlib.redirect_stderr(io.StringIO()) as line, \
                mock.patch.dict(sys.modules, {"tqdm.auto": None}):
            ingot.train(config("line"), progress=True, threads=1)
        self.assertIn(" of 20 updates", line.getvalue())
        tqdm = mock.MagicMock()
        with mock.patch.dict(sys.modules, {"tqdm": tqdm, "tqdm.auto": tqdm}):
            ingot.train(config("bar"), progress=True, threads=1)
        self.assertEqual(tqdm.tqdm.return_value.total, 20)
        self.assertTrue(tqdm.tqdm.return_value.close.called)

    def test_ctrl_c_saves_the_state(self):
        program = textwrap.dedent("""
            import json, sys, ingot
            def tell(line):
                print("update", line["update"], flush=True)
            try:
                ingot.train(json.load(open("c.json")), metrics=tell)
            except KeyboardInterrupt as stopped:
                print("stopped:", stopped, flush=True)
                sys.exit(7)
        """)
        long = config("stopped", updates=100000)
        (self.folder / "c.json").write_text(json.dumps(long, default=str), encoding="utf-8")
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE,
                              encoding="utf-8") as process:
            self.assertTrue(process.stdout.readline().startswith("update"))
            process.send_signal(signal.SIGINT)
            said = process.stdout.read()
            self.assertEqual(process.wait(60), 7)
        self.assertIn("stopped: ", said)
        self.assertTrue((self.folder / "stopped" / "latest" / "model.safetensors").exists())
        with open("stopped/metrics.jsonl", encoding="utf-8") as lines:
            state = [json.loads(line) for line in lines]
        self.assertLess(state[-1]["update"], 100000)


class Fuse(InCorpus):
    def setUp(self):
        super().setUp()
        for seed in (1, 2):
            ingot.train(config(f"run-{seed}", seed=seed), threads=1)
        self.models = [f"run-{seed}/latest" for seed in (1, 2)]
        self.recipe = {"merge_method": "linear", "models": [
            {"model": pathlib.Path(path), "parameters": {"weight": 0.5}} for path in self.models]}

    def test_as_the_command(self):
        seen = []
        made = ingot.fuse(self.recipe, "ours", report="page.html", progress=seen.append)
        self.assertEqual(made, "ours")
        self.assertTrue(seen)
        self.assertTrue((self.folder / "page.html").exists())
        text = json.dumps(self.recipe, default=str)
        (self.folder / "r.yml").write_text(text, encoding="utf-8")
        command("fuse", "r.yml", "-o", "theirs", "-q")
        self.assertEqual(self.weights("ours"), self.weights("theirs"))
        self.assertNotEqual(self.weights("ours"), self.weights(self.models[0]))
        plans = (ingot.fuse("r.yml", "plan", dry_run=True),
                 command("fuse", "r.yml", "-o", "plan", "--dry-run", "-q"))
        ours, theirs = ([line for line in plan.splitlines() if not line.startswith("disk")]
                        for plan in plans)
        self.assertEqual(ours, theirs)
        self.assertGreater(len(ours), 5)
        self.assertFalse((self.folder / "plan").exists())
        ingot.fuse("r.yml", pathlib.Path("shards"), out_shard_size="4KB", sha256=True, threads=1)
        self.assertTrue((self.folder / "shards" / "model.safetensors.index.json").exists())

    def test_held_out(self):
        soup = {**self.recipe, "merge_method": "greedy_soup"}
        source, target = (pathlib.Path(f"v.{side}").read_text(encoding="utf-8").splitlines()
                          for side in ("src", "trg"))
        ingot.fuse(soup, "lines", held_out_source=source, held_out_reference=target,
                   metric="chrf", beam_size=1)
        (self.folder / "r.yml").write_text(json.dumps(soup, default=str), encoding="utf-8")
        command("fuse", "r.yml", "-o", "theirs", "--held-out-source", "v.src",
                "--held-out-reference", "v.trg", "--metric", "chrf", "--beam-size", 1, "-q")
        self.assertEqual(self.weights("lines"), self.weights("theirs"))
        ingot.fuse(soup, "loss", held_out_source="v.src", held_out_reference="v.trg",
                   metric="loss")
        command("fuse", "r.yml", "-o", "by-loss", "--held-out-source", "v.src",
                "--held-out-reference", "v.trg", "--metric", "loss", "-q")
        self.assertEqual(self.weights("loss"), self.weights("by-loss"))
        for wrong in ({"metric": "ter"}, {"metric": "loss", "beam_size": 1}, {"metric": "f1"}):
            with self.assertRaises(ingot.IngotError):
                ingot.fuse(soup, "wrong", held_out_source=source, held_out_reference=target,
                           **wrong)
        scored = []

        def score(directory):
            self.assertTrue(os.path.exists(os.path.join(directory, "model.safetensors")))
            scored.append(directory)
            return -len(scored)  # the first is the best, and stays alone

        ingot.fuse(soup, "function", score=score)
        self.assertGreater(len(scored), 1)
        alone = {"merge_method": "linear", "models": self.recipe["models"][:1]}
        ingot.fuse(alone, "alone")
        self.assertEqual(self.weights("function"), self.weights("alone"))

        def broken(_directory):
            raise ZeroDivisionError("of the caller")

        with self.assertRaises(ZeroDivisionError):
            ingot.fuse(soup, "broken", score=broken)

    def test_hashes_of_held_out_files(self):
        search = {"search": {"parameters": {"share": [0.2, 0.8]}, "evaluations": 4},
                  "merge_method": "linear", "models": [
                      {"model": path, "parameters": {"weight": "$share"}} for path in self.models]}
        ingot.fuse(search, "ours", held_out_source="v.src", held_out_reference="v.trg",
                   metric="loss", threads=1)
        text = (self.folder / "ours" / "fusion.json").read_text(encoding="utf-8")
        self.assertIn("v.src", text)
        self.assertIn("v.trg", text)

    def test_errors(self):
        with self.assertRaises(ingot.IngotError) as caught:
            ingot.fuse({**self.recipe, "merge_method": "linaer"}, "wrong")
        self.assertIn("linear", str(caught.exception))
        several = {"merge_method": "linear", "models": [{"model": "nowhere"}, {"model": "nor"}]}
        with self.assertLogs("ingot") as logs, self.assertRaises(ingot.IngotError):
            ingot.fuse(several, "wrong")
        self.assertIn("nowhere", "".join(logs.output))
        for wrong in (lambda: ingot.fuse(self.recipe), lambda: ingot.fuse(
                self.recipe, "o", metric="bleu"), lambda: ingot.fuse(
                self.recipe, "o", out_shard_size="4X"), lambda: ingot.fuse(
                self.recipe, "o", held_out_source=["a"])):
            with self.assertRaises(ingot.IngotError):
                wrong()


if __name__ == "__main__":
    unittest.main()
