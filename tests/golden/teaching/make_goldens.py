#!/usr/bin/env python3
"""Losses and gradients of students that learn from teachers, by PyTorch.

    python tests/golden/teaching/make_goldens.py

The models are those of other goldens: their target vocabularies are of one size, their families and
start tokens differ; those of "spans" find answers, and the rows of a sequence take the place of
tokens. cases.json says who learns what from whom; NAME.safetensors has the batch, the
mean loss, negative log-likelihood and divergence over the counted targets, and of each tensor's
gradient up to 16 values, evenly spaced. The formulas are written out here with torch.softmax and
torch.log_softmax, in float64. Made with transformers 5.23 and torch 2.13."""
import json
import pathlib

import torch
import transformers as t
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
VALUES = 16

CASES = {
    "one": dict(student="marian_tiny", teachers={"t5_tiny": 1}, share=1, temperature=1, top_k=0,
                label_smoothing=0),
    "hot": dict(student="t5_tiny", teachers={"marian_tiny": 1}, share=0.75, temperature=2.5,
                top_k=0, label_smoothing=0.1),
    "mean": dict(student="marian_tiny", teachers={"t5_tiny": 3, "bart_tiny": 1}, share=0.6,
                 temperature=0.8, top_k=0, label_smoothing=0.1),
    "few": dict(student="bart_tiny", teachers={"t5_tiny": 1, "marian_tiny": 2}, share=0.9,
                temperature=1.5, top_k=4, label_smoothing=0),
    "spans": dict(student="encoders/bert_span",
                  teachers={"encoders/electra_span": 1, "encoders/distilbert_span": 2}, share=0.7,
                  temperature=1.7, top_k=0, label_smoothing=0),
}


def load(name):
    if name.endswith("_span"):
        model = t.AutoModelForQuestionAnswering.from_pretrained(HERE.parent / name,
                                                                dtype=torch.float64).eval()
        for module in model.modules():
            if isinstance(module, torch.nn.Embedding):
                module.padding_idx = None
        return model
    return t.AutoModelForSeq2SeqLM.from_pretrained(HERE.parent / name, dtype=torch.float64).eval()


def logits(model, source, target):
    start = torch.tensor([model.config.decoder_start_token_id])
    given = torch.cat([start, target[:-1]])
    return model(input_ids=source[None], decoder_input_ids=given[None]).logits[0]


def mean_of_teachers(case, teachers, source, target):
    with torch.no_grad():
        p = [w * torch.softmax(logits(model, source, target) / case["temperature"], -1)
             for model, w in teachers]
    q = sum(p) / sum(w for _, w in teachers)
    if case["top_k"]:
        kept = torch.zeros_like(q).scatter(-1, q.topk(case["top_k"]).indices, 1)
        q = q * kept
    return q / q.sum(-1, keepdim=True)


def make(name, case, seed):
    student = load(case["student"])
    teachers = [(load(other), w) for other, w in case["teachers"].items()]
    generator = torch.Generator().manual_seed(seed)
    draw = lambda n: torch.randint(3, 50, (n,), generator=generator)
    sources, targets = [draw(n) for n in (9, 3, 7)], [draw(n) for n in (4, 8, 5)]
    loss = nll = divergence = 0
    for i, (source, target) in enumerate(zip(sources, targets)):
        counted = torch.ones(len(target), dtype=bool)
        counted[2] = i != 1  # one target is not counted
        s, q = logits(student, source, target), mean_of_teachers(case, teachers, source, target)
        log_p = torch.log_softmax(s / case["temperature"], -1)
        cross_entropy = -(q * log_p).sum(-1)
        entropy = -torch.special.xlogy(q, q).sum(-1)
        reference = torch.nn.functional.cross_entropy(
            s, target, reduction="none", label_smoothing=case["label_smoothing"])
        rows = (case["share"] * case["temperature"]**2 * cross_entropy +
                (1 - case["share"]) * reference)
        loss = loss + rows[counted].sum()
        divergence = divergence + (cross_entropy - entropy)[counted].sum()
        nll = nll + torch.nn.functional.cross_entropy(s[counted], target[counted], reduction="sum")
    write(name, student, (loss, nll, divergence), sum(map(len, targets)) - 1, (sources, targets))


def write(name, student, sums, tokens, batch):
    (sums[0] / tokens).backward()
    out = {"sums": torch.stack(sums).detach() / tokens}
    for key, weight in student.named_parameters():
        if weight.grad is None:  # a table of sinusoids
            continue
        flat = weight.grad.flatten()
        count = min(VALUES, len(flat))
        out["g/" + key] = flat[[i * len(flat) // count for i in range(count)]]
    for key, rows in zip(("source", "target"), batch):
        out[key] = torch.cat(rows)
        out[key + "_lengths"] = torch.tensor([len(row) for row in rows])
    save_file({key: value.float().contiguous() for key, value in out.items()},
              HERE / f"{name}.safetensors")


def span_logits(model, source, second):
    """(2, rows): of where an answer begins, and ends."""
    given = {"input_ids": source[None]}
    if getattr(model.config, "type_vocab_size", 1) > 1:
        given["token_type_ids"] = (torch.arange(len(source)) >= second).long()[None]
    found = model(**given)
    return torch.cat([found.start_logits, found.end_logits])


def make_spans(name, case, seed):
    student = load(case["student"])
    teachers = [(load(other), w) for other, w in case["teachers"].items()]
    generator = torch.Generator().manual_seed(seed)
    sources = [torch.randint(5, 40, (n,), generator=generator) for n in (9, 6, 12)]
    targets = [torch.tensor(x) for x in ([5, 7, 4], [0, 0, 3], [11, 11, 5])]
    loss = nll = divergence = 0
    for source, target in zip(sources, targets):
        s = span_logits(student, source, target[2])
        with torch.no_grad():
            q = sum(w * torch.softmax(span_logits(m, source, target[2]) / case["temperature"], -1)
                    for m, w in teachers) / sum(w for _, w in teachers)
        log_p = torch.log_softmax(s / case["temperature"], -1)
        cross_entropy = -(q * log_p).sum(-1).mean()
        reference = torch.nn.functional.cross_entropy(s, target[:2])
        loss = loss + (case["share"] * case["temperature"]**2 * cross_entropy +
                       (1 - case["share"]) * reference)
        divergence = divergence + cross_entropy + torch.special.xlogy(q, q).sum(-1).mean()
        nll = nll + reference
    write(name, student, (loss, nll, divergence), len(sources), (sources, targets))


for seed, (name, case) in enumerate(CASES.items()):
    (make_spans if name == "spans" else make)(name, case, seed)
(HERE / "cases.json").write_text(json.dumps(CASES, indent=1) + "\n")
