#!/usr/bin/env python3
"""Ingot and PyTorch answer the same questions with a BERT of random weights, alternately, minimum
of several:

    python bench/answering.py INGOT SQUAD.json VOCAB.txt CACHE [--questions N] [--repeat N]
        [--single N] [--layers N] [--hidden N] [--type fp32|bf16|int8]

Throughput: all questions, all cores; PyTorch gets the windows sorted by length in batches padded to
their longest, its best case. Latency: one question after another on one thread. Tokenizing and
post-processing count on both sides, loading does not. PyTorch's answers are those of the sums of
logits that run_qa takes, the cheaper post-processing; answers are compared.
--type is Ingot's; PyTorch computes in float32, its default.
Needs torch and transformers. Prints CSV lines: type, case, questions, PyTorch's seconds, Ingot's,
ratio (above 1: Ingot is faster), and how many answers are equal."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time


def make_model(folder, vocabulary, layers, hidden):
    import torch
    import transformers as t

    torch.manual_seed(1)
    pieces = pathlib.Path(vocabulary).read_text(encoding="utf-8").splitlines()
    model = t.BertForQuestionAnswering(t.BertConfig(
        vocab_size=len(pieces), hidden_size=hidden, num_hidden_layers=layers,
        num_attention_heads=hidden // 64, intermediate_size=4 * hidden))
    with torch.no_grad():
        model.qa_outputs.weight.mul_(20)
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}))


def first_questions(path, count):
    data = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    kept, left = [], count
    for article in data["data"]:
        paragraphs = []
        for paragraph in article["paragraphs"]:
            questions = paragraph["qas"][:left]
            left -= len(questions)
            if questions:
                paragraphs.append(dict(paragraph, qas=questions))
        if paragraphs:
            kept.append(dict(article, paragraphs=paragraphs))
    return dict(data, data=kept)


class Peer:
    def __init__(self, folder):
        import torch
        import transformers as t

        self.torch = torch
        self.tokenizer = t.AutoTokenizer.from_pretrained(folder)
        self.model = t.BertForQuestionAnswering.from_pretrained(folder).eval()

    def answer(self, questions, contexts, batch):
        encoded = self.tokenizer(questions, contexts, max_length=384, stride=128,
                                 truncation="only_second", return_overflowing_tokens=True,
                                 return_offsets_mapping=True)
        windows = sorted(range(len(encoded["input_ids"])),
                         key=lambda i: -len(encoded["input_ids"][i]))
        best = [(-1e30, "")] * len(questions)
        for first in range(0, len(windows), batch):
            some = windows[first:first + batch]
            padded = self.tokenizer.pad(
                {k: [encoded[k][i] for i in some]
                 for k in ("input_ids", "token_type_ids", "attention_mask")}, return_tensors="pt")
            with self.torch.inference_mode():
                found = self.model(**padded)
            for row, i in enumerate(some):
                length = len(encoded["input_ids"][i])
                self.take(best, encoded, i, contexts, found.start_logits[row, :length],
                          found.end_logits[row, :length])
        return [text for _, text in best]

    def take(self, best, encoded, i, contexts, start, end):
        question = encoded["overflow_to_sample_mapping"][i]
        sequences, offsets = encoded.sequence_ids(i), encoded["offset_mapping"][i]
        starts, ends = start.topk(min(20, len(start))), end.topk(min(20, len(end)))
        for s, a in zip(starts.values.tolist(), starts.indices.tolist()):
            for e, b in zip(ends.values.tolist(), ends.indices.tolist()):
                if sequences[a] == 1 and sequences[b] == 1 and 0 <= b - a < 30 and \
                        s + e > best[question][0]:
                    text = contexts[question][offsets[a][0]:offsets[b][1]]
                    best[question] = (s + e, text)


def run_ingot(ingot, folder, path, out, *options):
    subprocess.run([ingot, "answer", "-m", folder, "-i", path, "-o", out, "-q", "--stats",
                    f"{out}.stats", "--post-processing", "run_qa", *options], check=True)
    return json.load(open(f"{out}.stats"))["seconds"], json.load(open(out))


def run_lines(o, folder, lines):
    """One question at a time through a pipe; the seconds from the first to the last answer."""
    process = subprocess.Popen(
        [o.ingot, "answer", "-m", folder, "--type", o.type, "-i", "-", "--json-lines", "-q",
         "--threads", "1", "--post-processing", "run_qa", "--n-best", "20"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    begin = None
    for line in lines:
        process.stdin.write(line)
        process.stdin.flush()
        process.stdout.readline()
        begin = begin or time.perf_counter()  # the first one waits for loading
    seconds = time.perf_counter() - begin
    process.stdin.close()
    process.wait()
    return seconds


def throughput(o, folder, path, questions, contexts, ids):
    import torch

    torch.set_num_threads(os.cpu_count())
    peer, theirs, ours = Peer(folder), [], []
    for _ in range(o.repeat):
        begin = time.perf_counter()
        answers = peer.answer(questions, contexts, 16)
        theirs.append(time.perf_counter() - begin)
        seconds, found = run_ingot(o.ingot, folder, path, str(o.cache / "answers.json"),
                                   "--type", o.type)
        ours.append(seconds)
    equal = sum(found[i] == a for i, a in zip(ids, answers))
    print(f"{o.type},throughput,{len(questions)},{min(theirs):.3f},{min(ours):.3f},"
          f"{min(theirs) / min(ours):.2f},{equal}", flush=True)


def latency(o, folder, questions, contexts):
    import torch

    torch.set_num_threads(1)
    peer, theirs, ours = Peer(folder), [], []
    lines = [json.dumps(dict(question=q, context=c)) + "\n"
             for q, c in zip(questions[:o.single], contexts)]
    for _ in range(o.repeat):
        peer.answer(questions[:1], contexts[:1], 1)
        begin = time.perf_counter()
        for q, c in zip(questions[1:o.single], contexts[1:]):
            peer.answer([q], [c], 1)
        theirs.append(time.perf_counter() - begin)
        ours.append(run_lines(o, folder, lines))
    print(f"{o.type},latency,{o.single - 1},{min(theirs):.3f},{min(ours):.3f},"
          f"{min(theirs) / min(ours):.2f},", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot")
    parser.add_argument("squad")
    parser.add_argument("vocabulary")
    parser.add_argument("cache", type=pathlib.Path)
    for name, value in ("questions", 2000), ("repeat", 2), ("single", 20), ("layers", 12), \
            ("hidden", 768):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--type", choices=["fp32", "bf16", "int8"], default="fp32")
    o = parser.parse_args()
    folder = o.cache / f"bert-{o.layers}-{o.hidden}"
    if not folder.exists():
        make_model(folder, o.vocabulary, o.layers, o.hidden)
    data = first_questions(o.squad, o.questions)
    path = o.cache / "questions.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    rows = [(q["id"], q["question"], p["context"])
            for a in data["data"] for p in a["paragraphs"] for q in p["qas"]]
    ids, questions, contexts = (list(column) for column in zip(*rows))
    print("type,case,questions,torch_s,ingot_s,ratio,equal_answers", flush=True)
    latency(o, str(folder), questions, contexts)
    throughput(o, str(folder), str(path), questions, contexts, ids)


sys.exit(main())
