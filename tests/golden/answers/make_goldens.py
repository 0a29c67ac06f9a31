#!/usr/bin/env python3
"""A small random BERT with a head for question answering, questions, and what the last
question-answering pipeline of transformers (4.57) and its example run_qa make of them:

    python tests/golden/answers/make_goldens.py DIRECTORY

Logits and tokens are those of transformers 5.23; it has no such pipeline any more, so that the
post-processing of both is written down here once more, in numpy, from what they do. The windows of
run_qa are not padded: padding takes part in its choice of the largest logits."""
import json
import pathlib
import sys

import numpy as np
import torch
import transformers

MAX_LENGTH, STRIDE = 24, 6
PIECES = """[PAD] [UNK] [CLS] [SEP] [MASK] . , ? ' ( ) the a of in is was what who where which river
city tower built by ##s ##ed ##er lyon rhone flows south old new bridge 1 2 ##0 ##1 ##7 and it for
to long light ##house near 桥 河 ##n caf ##e green year""".split()
QUESTIONS = [
    ("Which river flows south?",
     "The Rhone flows south, and it is long. In 2017 a new bridge (green) was built by the city "
     "near the Rhone."),
    ("Who built the tower?",
     "A lighthouser built it in Lyon. The TOWER is old; the tower was green.  The new tower's "
     "light flows near the 桥河 in 2011, and the old tower of Lyon is a long year south of it."),
    ("What is it?", "Green."),
    ("Where?", "The Café of the city is near the old bridge, 桥河."),
    ("What is old in the city and in Lyon", "Old."),
]
PIPELINE = [dict(top_k=1), dict(top_k=3, handle_impossible_answer=True),
            dict(top_k=3, align_to_words=False), dict(top_k=2, max_answer_len=2),
            dict(top_k=13, handle_impossible_answer=True)]
RUN_QA = [dict(n_best_size=5), dict(n_best_size=20),
          dict(n_best_size=20, version_2_with_negative=True),
          dict(n_best_size=20, version_2_with_negative=True, null_score_diff_threshold=-2.0),
          dict(n_best_size=2, version_2_with_negative=True, max_answer_length=2)]


def make_model(out):
    config = transformers.BertConfig(
        vocab_size=len(PIECES), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=40)
    model = transformers.BertForQuestionAnswering(config).eval()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape, generator=generator)
            weight.copy_(weight + 0.1 * noise if weight.dim() == 1 else 0.5 * noise)
    model.save_pretrained(out)
    (out / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    (out / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 40}))
    return model


def windows_of(model, tokenizer, question, context, max_length=MAX_LENGTH, stride=STRIDE):
    encoded = tokenizer(question, context, max_length=max_length, stride=stride,
                        truncation="only_second", return_overflowing_tokens=True,
                        return_offsets_mapping=True)
    for i in range(len(encoded["input_ids"])):
        with torch.no_grad():
            found = model(**{name: torch.tensor([encoded[name][i]])
                             for name in tokenizer.model_input_names})
        yield dict(start=found.start_logits[0].numpy(), end=found.end_logits[0].numpy(),
                   offsets=encoded["offset_mapping"][i], sequences=encoded.sequence_ids(i),
                   words=encoded.word_ids(i))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def pipeline(windows, context, top_k=1, handle_impossible_answer=False, align_to_words=True,
             max_answer_len=15):
    answers, least_null = [], 1000000.0
    keep = 2 * top_k + 10 if align_to_words else top_k
    for w in windows:
        allowed = np.array([s == 1 for s in w["sequences"]])
        allowed[0] = True
        start = softmax(np.where(allowed, w["start"], -10000).astype(np.float32))
        end = softmax(np.where(allowed, w["end"], -10000).astype(np.float32))
        least_null = min(least_null, float(start[0] * end[0]))
        start[0] = end[0] = 0
        scores = np.tril(np.triu(np.outer(start, end)), max_answer_len - 1)
        order = np.argsort(-scores.flatten(), kind="stable")[:keep]
        for flat in order:
            i, j = np.unravel_index(flat, scores.shape)
            if scores[i, j] == 0:
                first = last = 0
            elif align_to_words:
                same = [k for k, word in enumerate(w["words"])
                        if word == w["words"][i] and w["sequences"][k] == 1]
                others = [k for k, word in enumerate(w["words"])
                          if word == w["words"][j] and w["sequences"][k] == 1]
                first, last = w["offsets"][same[0]][0], w["offsets"][others[-1]][1]
            else:
                first, last = w["offsets"][i][0], w["offsets"][j][1]
            text = context[first:last]
            for a in answers:
                if a["answer"].lower() == text.lower():
                    a["score"] += float(scores[i, j])
                    break
            else:
                answers.append(dict(score=float(scores[i, j]), start=first, end=last, answer=text))
    if handle_impossible_answer:
        answers.append(dict(score=least_null, start=0, end=0, answer=""))
    return sorted(answers, key=lambda a: -a["score"])[:top_k]


def run_qa(windows, context, n_best_size=20, max_answer_length=30, version_2_with_negative=False,
           null_score_diff_threshold=0.0):
    found, null = [], None
    for w in windows:
        score = w["start"][0] + w["end"][0]
        if null is None or null["score"] > score:
            null = dict(score=score, place=(0, 0), start=w["start"][0], end=w["end"][0])
        starts = np.argsort(w["start"], kind="stable")[-1:-n_best_size - 1:-1]
        ends = np.argsort(w["end"], kind="stable")[-1:-n_best_size - 1:-1]
        for i in starts:
            for j in ends:
                if w["sequences"][i] != 1 or w["sequences"][j] != 1 or j < i or \
                        j - i + 1 > max_answer_length:
                    continue
                found.append(dict(score=w["start"][i] + w["end"][j], start=w["start"][i],
                                  end=w["end"][j],
                                  place=(w["offsets"][i][0], w["offsets"][j][1])))
    if version_2_with_negative:
        found.append(null)
    found = sorted(found, key=lambda f: f["score"], reverse=True)[:n_best_size]
    if version_2_with_negative and not any(f["place"] == (0, 0) for f in found):
        found.append(null)
    for f in found:
        f["text"] = context[f["place"][0]:f["place"][1]]
    if not found or (len(found) == 1 and found[0]["text"] == ""):
        found.insert(0, dict(text="empty", start=0.0, end=0.0, score=0.0))
    probabilities = softmax(np.array([f["score"] for f in found], dtype=np.float32))
    odds = 0.0
    if version_2_with_negative:
        best = next(f for f in found if f["text"] != "")
        odds = float(null["score"] - best["start"] - best["end"])
        answer = "" if odds > null_score_diff_threshold else best["text"]
    else:
        answer = found[0]["text"]
    return dict(answer=answer, null_odds=odds,
                n_best=[dict(text=f["text"], probability=float(p))
                        for f, p in zip(found, probabilities) if f["text"] != "empty"])


def main():
    out = pathlib.Path(sys.argv[1])
    model = make_model(out)
    tokenizer = transformers.AutoTokenizer.from_pretrained(out)
    cases = []
    for question, context in QUESTIONS:
        windows = list(windows_of(model, tokenizer, question, context))
        cases.append(dict(
            question=question, context=context, windows=len(windows),
            pipeline=[dict(options=o, answers=pipeline(windows, context, **o)) for o in PIPELINE],
            run_qa=[dict(options=o, **run_qa(windows, context, **o)) for o in RUN_QA]))
    text = json.dumps(dict(max_length=MAX_LENGTH, stride=STRIDE, cases=cases), indent=1,
                      ensure_ascii=False)
    (out / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
