#!/usr/bin/env python3
"""Small T5, T5 v1.1 and BART models, trained for a moment on the questions below, and the answers
that transformers (5.23) generates with them, greedily and by beams:

    python tests/golden/generated_answers/make_goldens.py DIRECTORY

The tokenizers are those of ../t5_tokenizer and ../byte_level_tokenizer. A text that is too long is
cut into windows of tokens here once more, and the best of their answers is chosen."""
import json
import pathlib
import shutil
import sys

import torch
import transformers as t

HERE = pathlib.Path(__file__).parent
MAX_LENGTH, STRIDE, MAX_ANSWER = {"t5": 48, "t5_v1_1": 48, "bart": 64}, 8, 20
CONTEXTS = [
    "The cat sits on the warm stone near the river. A small boat goes down the river in the "
    "morning. We read a letter from the old captain of the office. The old bridge is made of "
    "stone and wood, 1234 years old. The captain waits for the boat near the bridge.",
    " The captain waits for the boat.\nStones in the river are cold in the morning.",
    "The boat is cold.",
]
QUESTIONS = [
    (0, "Where sits the cat?", "near the river"),
    (0, "  What is in the river?", "A small boat"),
    (0, "Who waits?", "captain"),
    (1, "Who waits ?", "captain"),
    (1, "What are the stones?", "cold"),
    (1, "Who reads a letter?", ""),
    (2, "What is cold?", "boat"),
    (2, "Where is the bridge?", ""),
    (2, "What do the stones weigh?", "as much as a boat"),
]
RUNS = [dict(beam_size=1), dict(beam_size=3, n_best=3), dict(beam_size=4, n_best=2),
        dict(beam_size=3, n_best=3, length_penalty=0.0), dict(beam_size=2, length_penalty=2.0)]


def small_models(out):
    folder = HERE.parent / "t5_tokenizer"
    size = dict(d_model=24, d_kv=8, d_ff=32, num_layers=1, num_decoder_layers=1, num_heads=2,
                dropout_rate=0.0, decoder_start_token_id=0)
    for name, gate, tied in ("t5", "relu", True), ("t5_v1_1", "gated-gelu", False):
        tokenizer = t.T5Tokenizer.from_pretrained(folder)
        config = t.T5Config(vocab_size=224, feed_forward_proj=gate, tie_word_embeddings=tied,
                            **size)
        yield out / name, tokenizer, t.T5ForConditionalGeneration(config), [
            folder / "spiece.model", folder / "tokenizer_config.json"]
    folder = HERE.parent / "byte_level_tokenizer"
    tokenizer = t.RobertaTokenizer.from_pretrained(folder)
    config = t.BartConfig(
        vocab_size=len(tokenizer), d_model=24, encoder_layers=1, decoder_layers=1, dropout=0.0,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, max_position_embeddings=80, init_std=0.1)
    yield out / "bart", tokenizer, t.BartForConditionalGeneration(config), [
        folder / n for n in ("vocab.json", "merges.txt", "tokenizer_config.json",
                             "special_tokens_map.json", "added_tokens.json")]


def windows_of(tokenizer, max_length, question, context):
    """The ids of each window, and its place in the context in code points."""
    before = f"question: {question.lstrip()} context: "
    stripped = len(context) - len(context.lstrip())
    encoding = tokenizer(before + context.lstrip(), return_offsets_mapping=True)
    ids, offsets = encoding["input_ids"], encoding["offset_mapping"]
    inside = [i for i, (_, end) in enumerate(offsets) if end > len(before)]
    first, end = inside[0], inside[-1] + 1
    room = max_length - first - (len(ids) - end)
    assert room > STRIDE
    for begin in range(first, end, room - STRIDE):
        last = min(begin + room, end)
        place = (max(offsets[begin][0] - len(before), 0) + stripped,
                 offsets[last - 1][1] - len(before) + stripped)
        yield ids[:first] + ids[begin:last] + ids[end:], place
        if last == end:
            return


def train(model, tokenizer, max_length):
    torch.manual_seed(5)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    pairs = []
    for c, question, answer in QUESTIONS:
        for ids, (begin, end) in windows_of(tokenizer, max_length, question, CONTEXTS[c]):
            known = answer in CONTEXTS[c][begin:end] or answer not in CONTEXTS[c]
            pairs.append((ids, tokenizer(answer if known else "")["input_ids"]))
    for _ in range(120):
        loss = sum(model(input_ids=torch.tensor([ids]), labels=torch.tensor([labels])).loss
                   for ids, labels in pairs) / len(pairs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"loss {float(loss):.3f} of {len(pairs)} windows", file=sys.stderr)


def training_pairs(tokenizer, windows, answer, start):
    """What run_seq2seq_qa trains on, of each window; without the answer, if that is elsewhere."""
    for ids, (begin, end) in windows:
        known = begin <= start and start + len(answer) <= end if start >= 0 else len(windows) == 1
        labels = tokenizer(text_target=answer if known else "")["input_ids"]
        yield dict(source=" ".join(map(str, ids)), target=" ".join(map(str, labels)))


def generate(model, tokenizer, ids, beam_size, n_best=1, length_penalty=1.0):
    out = model.generate(
        torch.tensor([ids]), num_beams=beam_size, num_return_sequences=n_best, do_sample=False,
        max_new_tokens=MAX_ANSWER, length_penalty=length_penalty, return_dict_in_generate=True,
        output_scores=True)
    found = []
    for i, sequence in enumerate(out.sequences.tolist()):
        if beam_size > 1:
            score = float(out.sequences_scores[i])
        else:
            each = model.compute_transition_scores(out.sequences, out.scores, normalize_logits=True)
            score = float(each.double().sum()) / len(out.scores)**length_penalty
        text = tokenizer.decode(sequence, skip_special_tokens=True,
                                clean_up_tokenization_spaces=False)
        found.append(dict(text=text.strip(), score=score))
    return found


def answer(model, tokenizer, windows, context, options):
    found = [(place, generate(model, tokenizer, ids, **options)) for ids, place in windows]
    some = any(texts[0]["text"] for _, texts in found)
    answers = []
    for (begin, _), texts in found:
        for text in texts if texts[0]["text"] or not some else []:
            start = context.find(text["text"], begin)
            if start < 0:
                start = context.find(text["text"])
            if text["text"] == "":
                start = 0
            answers.append(dict(text, start=start, end=start + len(text["text"])))
    answers.sort(key=lambda a: -a["score"])
    kept = {}
    for a in answers:
        kept.setdefault(a["text"], a)
    return list(kept.values())[:options.get("n_best", 1)]


def main():
    out = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    torch.manual_seed(3)
    models = []
    for folder, tokenizer, model, files in small_models(out):
        max_length = MAX_LENGTH[folder.name]
        train(model, tokenizer, max_length)
        model.eval().save_pretrained(folder)
        for file in files:
            shutil.copy(file, folder)
        cases = []
        for c, question, text in QUESTIONS:
            windows = list(windows_of(tokenizer, max_length, question, CONTEXTS[c]))
            with torch.no_grad():
                runs = [answer(model, tokenizer, windows, CONTEXTS[c], o) for o in RUNS]
            start = CONTEXTS[c].find(text) if text else -1
            pairs = list(training_pairs(tokenizer, windows, text, start)) if c else []
            cases.append(dict(question=question, context=CONTEXTS[c], windows=len(windows),
                              runs=runs, answer=text, training=pairs))
        models.append(dict(name=folder.name, max_length=max_length, cases=cases))
    text = json.dumps(dict(stride=STRIDE, max_answer_length=MAX_ANSWER, runs=RUNS, models=models),
                      indent=1, ensure_ascii=False)
    (out / "expected.json").write_text(text + "\n", encoding="utf-8")


main()
