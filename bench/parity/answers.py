#!/usr/bin/env python3
"""Compares answers of random encoders with transformers (5.23), live:

    python bench/parity/answers.py INGOT [--kinds KIND,...] [--seeds N] [--wrong] [--table FILE]

The models are three kinds of ../shared/peers/make_models.py, three more of the same sizes, and have
real tokenizers ($INGOT_TOKENIZERS, default ../shared/tokenizers). They are asked questions of XQuAD
(English, German), SQuAD 2.0 and CMRC 2018 ($INGOT_DATA, default ../shared/data), of single
paragraphs and of whole articles, in windows of 64 tokens and of as many as the model reads. Windows
and logits are those of transformers; what the question-answering pipeline of 4.57 and run_qa make
of them is tests/golden/answers/make_goldens.py. Compared are:

- both logits of every token of every context: within 1e-4;
- the pipeline's 1, 3 and 5 best answers, with "no answer" and without, of whole words and of parts;
  run_qa's 1, 3, 5 and 20 best, with "no answer" and without: the same texts and places, scores
  within 1e-4 of themselves. Answers whose scores are as near to one another may have changed
  places; they are counted;
- the logits and the longest lists for one and two threads and several sizes of batches: the same
  bytes.

The negative control, for one model of each kind: noise of 20% of its deviation in a tensor must
move a logit by more than 1e-4; every tensor in turn, but biases of keys, which softmax does not
see. --wrong spoils one tensor of each model: the comparison must fail."""
import argparse
import csv
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import torch
import transformers as t
from safetensors.torch import load_file, save_file

from families import randomize, spoiled

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "golden" / "answers"))
import make_goldens as reference  # noqa: E402

SHARED = ROOT.parent / "shared"
DATA = pathlib.Path(os.environ.get("INGOT_DATA", SHARED / "data"))
TOKENIZERS = pathlib.Path(os.environ.get("INGOT_TOKENIZERS", SHARED / "tokenizers"))
CORPORA = ["xquad/xquad.en.json", "xquad/xquad.de.json", "squad-v2/train-8-articles.json",
           "cmrc2018/cmrc2018_dev.json"]
LOGIT_BOUND, SCORE_BOUND = 1e-4, 1e-4  # the second is relative
WAYS = [(1, 2048), (2, 2048), (1, 1), (2, 300)]  # threads, tokens of a batch
BITS = [False, True]
PIPELINE = [dict(top_k=k, handle_impossible_answer=none, align_to_words=words)
            for k in (1, 3, 5) for none in BITS for words in BITS]
RUN_QA = [dict(n_best_size=n, version_2_with_negative=none) for n in (1, 3, 5, 20)
          for none in BITS]

# A model's files, and where they come from.
WORD_PIECES = {"vocab.txt": "bert-base-uncased/vocab.txt"}
BYTE_LEVEL = {name: f"roberta-base-squad2/{name}" for name in ("vocab.json", "merges.txt")}
PIECES = {"sentencepiece.bpe.model": "albert-spiece/test_sentencepiece.model"}
ALBERT_PIECES = {"spiece.model": "albert-spiece/spiece.model"}
SIZE = dict(hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=96,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
ROBERTA = SIZE | dict(max_position_embeddings=130, type_vocab_size=1, pad_token_id=1)
# Class of model and config, keys, tokenizer, whether contexts have a type of their own.
KINDS = {
    "bert-qa": (t.BertForQuestionAnswering, t.BertConfig, SIZE, WORD_PIECES, True),
    "distilbert-qa": (
        t.DistilBertForQuestionAnswering, t.DistilBertConfig,
        dict(dim=48, n_layers=3, n_heads=4, hidden_dim=96, dropout=0.0, attention_dropout=0.0,
             qa_dropout=0.0), WORD_PIECES, False),
    "roberta-qa": (t.RobertaForQuestionAnswering, t.RobertaConfig, ROBERTA, BYTE_LEVEL, False),
    "xlm-roberta-qa": (t.XLMRobertaForQuestionAnswering, t.XLMRobertaConfig, ROBERTA,
                       PIECES, False),
    "albert-qa": (t.AlbertForQuestionAnswering, t.AlbertConfig,
                  SIZE | dict(embedding_size=24, num_hidden_layers=4, num_hidden_groups=2),
                  ALBERT_PIECES, True),
    "electra-qa": (t.ElectraForQuestionAnswering, t.ElectraConfig, SIZE | dict(embedding_size=24),
                   WORD_PIECES, True),
}


def make_model(kind, seed, directory):
    """Writes a model with a tokenizer, and returns both as transformers reads them."""
    model_class, config_class, sizes, files, types = KINDS[kind]
    directory.mkdir()
    for name, source in files.items():
        shutil.copy(TOKENIZERS / source, directory / name)
    config_class(**sizes).save_pretrained(directory)
    tokenizer = t.AutoTokenizer.from_pretrained(directory)
    names = ["input_ids", "token_type_ids"] if types else ["input_ids"]
    tokenizer.model_input_names = names  # those of 4.57; 5.23 has forgotten some
    torch.manual_seed(seed)
    model = model_class(config_class(vocab_size=len(tokenizer), **sizes))
    randomize(model, seed)
    model.save_pretrained(directory)
    return model.eval(), tokenizer


def positions_of(config):
    offset = config.pad_token_id + 1 if "roberta" in config.model_type else 0
    return config.max_position_embeddings - offset


def draw_short(draw, tokenizer, questions):
    """One that leaves room for its context in the shortest windows."""
    while True:
        question = draw.choice(questions)["question"]
        if len(tokenizer(question)["input_ids"]) <= 30:
            return question
        questions = [q for q in questions if q["question"] != question] or [{"question": "Who?"}]


def draw_questions(draw, count, tokenizer):
    """Some of each corpus, of which every fourth is asked about a whole article."""
    questions = []
    for corpus in CORPORA:
        articles = json.loads((DATA / corpus).read_text(encoding="utf-8"))["data"]
        for i in range(count):
            paragraphs = draw.choice(articles)["paragraphs"]
            paragraph = draw.choice(paragraphs)
            asked = draw_short(draw, tokenizer, paragraph["qas"])
            context = paragraph["context"]
            if len(questions) % 4 == 3:
                context = "\n".join(p["context"] for p in paragraphs[:4])
            spaces = " " * draw.choice([0, 0, 2])
            questions.append((spaces + asked, context))
    return questions


def write_squad(questions, path):
    """The file that ingot answers; ids are numbers of questions."""
    paragraphs = [{"context": context, "qas": [{"id": str(i), "question": question, "answers": []}]}
                  for i, (question, context) in enumerate(questions)]
    path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), encoding="utf-8")


class Command:
    """What `ingot answer` gives; the bytes must not depend on threads and batches."""

    def __init__(self, program, work, arguments):
        self.program, self.work, self.arguments, self.runs = program, work, arguments, 0

    def answer(self, options, ways=WAYS[:1]):
        files, found = [self.work / "predictions", self.work / "n_best"], set()
        for threads, tokens in ways:
            run = [self.program, "answer", "-m", self.work / "model", "-i", self.work / "questions",
                   "-o", files[0], "--n-best-file", files[1], "--quiet", "--threads", threads,
                   "--batch-tokens", tokens, *self.arguments, *options]
            done = subprocess.run([str(x) for x in run], capture_output=True, text=True)
            if done.returncode or done.stderr:
                raise RuntimeError(done.stderr)
            found.add(tuple(path.read_text(encoding="utf-8") for path in files))
            self.runs += 1
        if len(found) > 1:
            raise RuntimeError(f"bytes depend on threads or batches: {options}")
        predictions, n_best = (json.loads(text) for text in found.pop())
        return predictions, n_best

    def logits(self, ways=WAYS[:1]):
        """Of every token: with one token an answer and more answers than tokens, all are listed."""
        return self.answer(["--post-processing", "run_qa", "--n-best", 10000,
                            "--max-answer-length", 1], ways)[1]


def logits_of(windows):
    rows = [(*w["offsets"][i], float(w["start"][i]), float(w["end"][i])) for w in windows
            for i in range(len(w["offsets"])) if w["sequences"][i] == 1]
    return sorted(rows)


def worst_logit(windows, n_best):
    """The largest difference of any token's logits; infinity where tokens differ."""
    worst = 0.0
    for i, expected in enumerate(map(logits_of, windows)):
        found = sorted((a["start"], a["end"], a["start_logit"], a["end_logit"])
                       for a in n_best[str(i)])
        if [row[:2] for row in found] != [row[:2] for row in expected]:
            return float("inf")
        for e, f in zip(expected, found):
            worst = max([worst] + [abs(a - b) if a == a and b == b else float("inf")
                                   for a, b in zip(e[2:], f[2:])])
    return worst


class Tally:
    def __init__(self):
        self.models = self.questions = self.windows = self.tokens = self.answers = self.runs = 0
        self.tensors = self.swapped = 0
        self.logit = self.score = 0.0
        self.problems = []


def apart(one, other):
    """The difference of two scores by their size."""
    return abs(one - other) / max(abs(one), abs(other), 1e-9)


def compare_lists(tally, name, expected, found):
    """Both: (text, start, end, score), the best first."""
    tally.answers += len(expected)
    if len(expected) != len(found):
        tally.problems.append(f"{name}: expected {expected}, found {found}")
        return
    for e, f in zip(expected, found):
        tally.score = max(tally.score, apart(e[3], f[3]))
        if not apart(e[3], f[3]) <= SCORE_BOUND:
            tally.problems.append(f"{name}: expected {e}, found {f}")
        elif e[:3] != f[:3]:
            near = [o for o in expected if o[:3] == f[:3] and apart(o[3], f[3]) <= SCORE_BOUND]
            tally.swapped += bool(near)
            if not near:
                tally.problems.append(f"{name}: expected {e}, found {f}")


def list_found(answers):
    return [(a["text"], a["start"], a["end"], a["score"]) for a in answers]


def compare_pipeline(tally, name, questions, windows, command):
    for o in PIPELINE:
        options = ["--n-best", o["top_k"]]
        options += ["--no-answer"] if o["handle_impossible_answer"] else []
        options += [] if o["align_to_words"] else ["--part-words"]
        predictions, n_best = command.answer(options, WAYS if o == PIPELINE[-1] else WAYS[:1])
        for i, (_, context) in enumerate(questions):
            found = reference.pipeline(windows[i], context, **o)
            expected = [(a["answer"], a["start"], a["end"], a["score"]) for a in found]
            where = f"{name}, {o}, question {i}"
            compare_lists(tally, where, expected, list_found(n_best[str(i)]))
            if n_best[str(i)][0]["text"] != predictions[str(i)]:
                tally.problems.append(f"{where}: the answer is not the best of its list")


def compare_run_qa(tally, name, questions, windows, command):
    for o in RUN_QA:
        options = ["--post-processing", "run_qa", "--n-best", o["n_best_size"]]
        options += ["--no-answer"] if o["version_2_with_negative"] else []
        predictions, n_best = command.answer(options, WAYS if o == RUN_QA[-1] else WAYS[:1])
        for i, (_, context) in enumerate(questions):
            expected = reference.run_qa(windows[i], context, **o)
            where = f"{name}, {o}, question {i}"
            # Places are not in run_qa's list.
            compare_lists(tally, where,
                          [(a["text"], 0, 0, a["probability"]) for a in expected["n_best"]],
                          [(a["text"], 0, 0, a["score"]) for a in n_best[str(i)]])
            if expected["answer"] != predictions[str(i)]:
                tally.problems.append(f"{where}: expected {expected['answer']!r}, found "
                                      f"{predictions[str(i)]!r}")


def tensor_names(weights):
    """Those that logits depend on."""
    return [n for n in weights if not n.endswith(("key.bias", "k_lin.bias"))]


def spoil(path, name, seed):
    """Puts noise into one tensor; returns what the file held."""
    weights = load_file(path)
    save_file(spoiled(weights, name, seed), path, metadata={"format": "pt"})
    return weights


def unnoticed(command, windows):
    """The names of the tensors in which noise makes no difference; the number of all."""
    path = command.work / "model" / "model.safetensors"
    names, missed = tensor_names(load_file(path)), []
    for seed, name in enumerate(names):
        weights = spoil(path, name, seed)
        if worst_logit(windows, command.logits()) <= LOGIT_BOUND:
            missed.append(name)
        save_file(weights, path, metadata={"format": "pt"})
    return missed, len(names)


def windows_of_all(model, tokenizer, questions, lengths, strip):
    """run_qa takes white space off a question's beginning, the pipeline does not."""
    return [list(reference.windows_of(model, tokenizer, q.lstrip() if strip else q, c, *lengths))
            for q, c in questions]


def compare_lengths(a, tally, name, made, questions, lengths, work):
    """One model with windows and strides of these lengths. Returns what shows its logits."""
    command = Command(a.ingot, work, ["--max-length", lengths[0], "--stride", lengths[1]])
    for strip, compare in ((False, compare_pipeline), (True, compare_run_qa)):
        windows = windows_of_all(*made, questions, lengths, strip)
        compare(tally, name, questions, windows, command)
    difference = worst_logit(windows, command.logits(WAYS))
    tally.logit = max(tally.logit, difference)
    if not difference <= LOGIT_BOUND:
        tally.problems.append(f"{name}: logits differ by {difference:.1e}")
    tally.questions += len(questions)
    tally.windows += sum(map(len, windows))
    tally.tokens += sum(len(logits_of(w)) for w in windows)
    tally.runs += command.runs
    return command, windows


def compare_made(a, tally, kind, seed):
    draw = random.Random(f"{kind} {seed}")
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        made = make_model(kind, seed, work / "model")
        questions = draw_questions(draw, a.questions, made[1])
        write_squad(questions, work / "questions")
        if a.wrong:
            path = work / "model" / "model.safetensors"
            spoil(path, draw.choice(tensor_names(load_file(path))), seed)
        most = min(384, positions_of(made[0].config))
        for lengths in ((most, min(128, most // 2)), (64, 20)):
            name = f"{kind}, seed {seed}, windows of {lengths}"
            try:
                shown = compare_lengths(a, tally, name, made, questions, lengths, work)
            except RuntimeError as error:
                tally.problems.append(f"{name}: {error}")
                return
        if seed == 1 and not a.wrong:
            missed, tally.tensors = unnoticed(*shown)
            tally.problems += [f"{name}: unnoticed: {m}" for m in missed]


def compare_kind(a, kind):
    tally = Tally()
    for seed in range(1, a.seeds + 1):
        compare_made(a, tally, kind, seed)
        tally.models += 1
    return tally


def write_table(path, tallies):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow("kind models questions windows tokens worst_logit answers worst_score "
                     "changed_places runs noisy_tensors problems".split())
        for kind, y in tallies.items():
            out.writerow([kind, y.models, y.questions, y.windows, y.tokens, f"{y.logit:.1e}",
                          y.answers, f"{y.score:.1e}", y.swapped, y.runs, y.tensors,
                          len(y.problems)])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("ingot")
    p.add_argument("--kinds", default=",".join(KINDS))
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--questions", type=int, default=4, help="of each corpus, a model")
    p.add_argument("--wrong", action="store_true")
    p.add_argument("--table", help="a CSV file to write the counts to")
    a = p.parse_args()
    t.logging.set_verbosity_error()
    t.logging.disable_progress_bar()
    torch.set_num_threads(1)
    tallies = {}
    for kind in a.kinds.split(","):
        tally = tallies[kind] = compare_kind(a, kind)
        print(f"{kind}: {tally.models} models, {tally.questions} questions in {tally.windows} "
              f"windows, logits of {tally.tokens} tokens at most {tally.logit:.1e} apart, "
              f"{tally.answers} answers, scores at most {tally.score:.1e} of themselves apart, "
              f"{tally.swapped} changed places, {tally.runs} runs, noise in {tally.tensors} "
              f"tensors; {len(tally.problems)} problems", flush=True)
        for problem in tally.problems[:10]:
            print(f"  {problem}", flush=True)
    if a.table:
        write_table(a.table, tallies)
    bad = any(tally.problems for tally in tallies.values())
    print("different" if bad else "equal")
    return bad


if __name__ == "__main__":
    sys.exit(main())
