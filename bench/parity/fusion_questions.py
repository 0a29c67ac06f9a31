#!/usr/bin/env python3
"""Compares fusions that learn from questions, or weigh by statistics of them, with PyTorch:

    python bench/parity/fusion_questions.py INGOT [--kinds bert-qa,roberta-qa,xlm-roberta-qa]
        [--steps N] [--wrong]

The models are random encoders with heads for spans and real tokenizers, those of answers.py; the
questions are of XQuAD, in windows of 96 tokens whose targets are run_qa's. The references are those
of learned.py (losses, coefficients, the written model) and of fisher_regmean.py (statistics, fused
weights) on transformers' models: a window's loss is the mean of the cross-entropies of where the
answer begins and ends, its log-probability the sum of both. Bounds are as there. --wrong spoils
each reference: every comparison must fail. Needs torch and transformers."""
import argparse
import json
import pathlib
import sys
import tempfile

import torch
import transformers
from torch.func import functional_call

import answers
import fisher_regmean as statistics
import learned

LENGTH, STRIDE, QUESTIONS = 96, 24, 2
# Gram matrices of random layers are nearly singular: a small ridge would show how float32 rounds
# them, not what is done with them.
statistics.RIDGE = 0.1


def windows_of(tokenizer, questions, types):
    """(ids, [begin, end, first id of the second type]) of each window; without types 0."""
    windows = []
    for question, context, text, first in questions:
        encoded = tokenizer(question.lstrip(), context, max_length=LENGTH, stride=STRIDE,
                            truncation="only_second", return_overflowing_tokens=True,
                            return_offsets_mapping=True, return_token_type_ids=True)
        for i, ids in enumerate(encoded["input_ids"]):
            places = encoded["offset_mapping"][i]
            rows = [r for r, s in enumerate(encoded.sequence_ids(i)) if s == 1]
            begin = end = 0
            if places[rows[0]][0] <= first and places[rows[-1]][1] >= first + len(text):
                begin = max(r for r in rows if places[r][0] <= first)
                end = min(r for r in rows if places[r][1] >= first + len(text))
            second = encoded["token_type_ids"][i].index(1) if types else 0
            windows.append((ids, [begin, end, second]))
    return windows


class Reference(statistics.Reference):
    """A model in float64 and the windows that it reads; also what learned.py asks of one."""

    def __init__(self, directory, windows=()):
        self.model = transformers.AutoModelForQuestionAnswering.from_pretrained(directory)
        self.model = self.model.double().eval()
        for module in self.model.modules():
            if isinstance(module, torch.nn.Embedding):
                module.padding_idx = None
        self.windows = windows

    def ids(self, numbers):
        return numbers

    def logits(self, source, target, values=None):
        """(2, rows): of where the answer begins, and ends."""
        second = target[2] or len(source)
        kinds = [int(r >= second) for r in range(len(source))]
        given = {"input_ids": torch.tensor([source])}
        if getattr(self.model.config, "type_vocab_size", 1) > 1:
            given["token_type_ids"] = torch.tensor([kinds])
        found = functional_call(self.model, values or {}, kwargs=given)
        return torch.cat([found.start_logits, found.end_logits])

    def wanted(self, target):
        return target[:2]

    def loss(self, values):
        total = 0.0
        for source, target in self.windows:
            total = total + torch.nn.functional.cross_entropy(
                self.logits(source, target, values), torch.tensor(target[:2]))
        return total / len(self.windows)


def draw_questions(count):
    paragraphs = [p for article in json.loads(
        (answers.DATA / "xquad/xquad.en.json").read_text(encoding="utf-8"))["data"]
        for p in article["paragraphs"]]
    asked = [(q["question"], p["context"], q["answers"][0]["text"], q["answers"][0]["answer_start"])
             for p in paragraphs for q in p["qas"][:1] if len(q["question"]) < 100]
    return asked[:count]


def write_squad(questions, path):
    paragraphs = [{"context": c, "qas": [
        {"id": str(i), "question": q, "answers": [{"text": t, "answer_start": s}]}]}
        for i, (q, c, t, s) in enumerate(questions)]
    path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), encoding="utf-8")


def compare_learned(o, folder, models, windows, granularity):
    data = (f"  data: {{questions: {folder}/all.json}}\n  valid: {{questions: {folder}/all.json}}\n"
            f"  max_length: {LENGTH}\n  stride: {STRIDE}")
    how = learned.Learning(data=data, granularity=granularity, steps=o.steps, batch=len(windows))
    output, found = learned.learn(o.ingot, folder, models, how)
    return learned.compare(output, found, models, lambda d: Reference(d, windows), o.wrong)


def compare_statistics(o, folder, models, sets):
    data = (f"  max_length: {LENGTH}\n  stride: {STRIDE}\n  data:\n"
            f"    - {{questions: {folder}/one.json, model: {models[0]}, weight: 3}}\n"
            f"    - {{questions: {folder}/two.json, model: {models[1]}}}\n"
            f"    - {{questions: {folder}/all.json}}\n")
    case = statistics.Case(o.ingot, folder, models, sets, data, Reference, o.wrong)
    problems = [statistics.compare_regmean(case)]
    problems += [statistics.compare_fisher(case, labels) for labels in ("reference", "model")]
    return problems


def compare_kind(o, kind, folder):
    made = [answers.make_model(kind, seed, folder / str(seed)) for seed in (1, 2, 3)]
    models = [folder / str(seed) for seed in (1, 2, 3)]
    drawn, windows = draw_questions(2 * QUESTIONS), {}
    parts = {"one": drawn[:QUESTIONS], "two": drawn[QUESTIONS:], "all": drawn}
    for name, questions in parts.items():
        write_squad(questions, folder / f"{name}.json")
        windows[name] = windows_of(made[0][1], questions, answers.KINDS[kind][4])
    print(f"{kind}, {len(windows['all'])} windows")
    problems = [compare_learned(o, folder, models, windows["all"], granularity)
                for granularity in ("tensor", "model")]
    return problems + compare_statistics(o, folder, models[:2], statistics.sets_of(windows))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot", type=lambda name: pathlib.Path(name).resolve())
    parser.add_argument("--kinds", default="bert-qa,roberta-qa,xlm-roberta-qa")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    compared = failed = 0
    for kind in options.kinds.split(","):
        with tempfile.TemporaryDirectory() as work:
            problems = compare_kind(options, kind, pathlib.Path(work))
        for problem in filter(None, problems):
            print(f"{kind}: {problem}")
        compared += len(problems)
        failed += sum(p is not None for p in problems)
    print(f"{compared} comparisons, {failed} failed")
    return int(failed < compared if options.wrong else failed > 0)


if __name__ == "__main__":
    sys.exit(main())
