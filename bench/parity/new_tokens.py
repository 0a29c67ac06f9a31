#!/usr/bin/env python3
"""Trains small models with `data.new_tokens` and opens what is saved with transformers:

    python bench/parity/new_tokens.py INGOT BENCH_TOKENIZE [KIND ...] [--wrong]

A KIND is a row of the tables below: a tokenizer of tests/golden, of which a random model is made;
without one, all. For each of them
- AutoTokenizer of the trained directory must give every text the ids that Ingot gives it, each new
  token whole, and print the tokens again: with Ingot's decoder, too;
- the trained directory must have a row for each token;
- of models with a decoder (but those of many languages), five updates by PyTorch in float64 from
  the same model, to which resize_token_embeddings and the mean of the rows before give the same
  new rows, must have the same losses within 1e-6 of the largest, and end in the same tables within
  1e-5.
--wrong: the new rows of PyTorch's model are twice the mean; the comparison must fail."""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
import transformers as t
from safetensors.torch import load_file

RATE, EPS, UPDATES = 0.005, 1e-3, 5
GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
NEW = ["<en>", "<domain>", "New York", "Q#7", "zz"]
SOURCE = ["<en> the cat reads a letter", "the<domain> word<en>", "a New York letter",
          "Q#7 xQ#7zzy Q#7"]
TARGET = ["<domain> a letter <en>", "the New York word", "zz Q#7 the cat", "cat<en>"]
TEXTS = SOURCE + TARGET + ["<en>", "<en><domain>  <en> x", "zzz zzzz", "<En> <en", " <domain>",
                           "New  York New York", "Newark"]

# Tokenizer, family, and the model that gets it.
DECODERS = {
    "marian": ("marian_tokenizer", "marian", t.MarianMTModel),
    "t5": ("t5_tokenizer", "t5", t.T5ForConditionalGeneration),
    "t5_json": ("tokenizer_json/t5", "t5", t.T5ForConditionalGeneration),
    "t5_steps": ("united_tokenizers/unigram/a", "t5", t.T5ForConditionalGeneration),
    "byt5": (None, "t5", t.T5ForConditionalGeneration),
    "bart": ("byte_level_tokenizer", "bart", t.BartForConditionalGeneration),
    "bart_json": ("tokenizer_json/bart", "bart", t.BartForConditionalGeneration),
    "bart_steps": ("united_tokenizers/bpe/a", "bart", t.BartForConditionalGeneration),
    "mbart_json": ("tokenizer_json/mbart", "mbart", t.MBartForConditionalGeneration),
    "nllb_json": ("tokenizer_json/nllb", "m2m_100", t.M2M100ForConditionalGeneration),
    "m2m_100": ("language_tokenizer", "m2m_100", t.M2M100ForConditionalGeneration),
    "pegasus": ("pegasus_tokenizer", "pegasus", t.PegasusForConditionalGeneration),
}
ENCODERS = {
    "bert": ("word_pieces/uncased", "bert", t.BertForMaskedLM),
    "bert_json": ("word_pieces/json", "bert", t.BertForMaskedLM),
    "bert_steps": ("united_tokenizers/word_piece/a", "bert", t.BertForMaskedLM),
    "roberta": ("encoder_tokenizers/roberta", "roberta", t.RobertaForMaskedLM),
    "xlm_roberta": ("encoder_tokenizers/xlm_roberta", "xlm-roberta", t.XLMRobertaForMaskedLM),
    "albert": ("encoder_tokenizers/albert", "albert", t.AlbertForMaskedLM),
}
# Their targets begin with a language, as training has it: ids alone are compared.
BEGIN_WITH_LANGUAGE = ["mbart_json", "nllb_json", "m2m_100"]
PADDING = {"t5": 20, "bart_steps": 3}  # rows that the model has beyond its tokenizer


def command(*words, **keys):
    done = subprocess.run([str(word) for word in words], capture_output=True, **keys)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr.decode()}")
    return done.stdout


def make_start(kind, folder):
    """A random model with the tokenizer of the kind."""
    source, family, model_class = (DECODERS | ENCODERS)[kind]
    if source:
        shutil.copytree(GOLDEN / source, folder, ignore=lambda _, names: [
            x for x in names if x.endswith((".safetensors", ".py")) or x == "expected.json"
            or x == "config.json"])
    else:
        t.ByT5Tokenizer().save_pretrained(folder)
    if kind == "m2m_100":
        (folder / "tokenizer_config.json").write_text(json.dumps(
            {"tokenizer_class": "M2M100Tokenizer", "src_lang": "en", "tgt_lang": "de"}))
    torch.manual_seed(1)
    config_class = model_class.config_class
    (folder / "config.json").write_text(json.dumps({"model_type": config_class.model_type}))
    tokenizer = t.AutoTokenizer.from_pretrained(folder)
    size = max(len(tokenizer), max(tokenizer.get_vocab().values()) + 1)
    if kind == "m2m_100":  # its languages are in no list
        size = max(tokenizer.lang_token_to_id.values()) + 1
    size += PADDING.get(kind, 0)
    keys = dict(vocab_size=size, pad_token_id=tokenizer.pad_token_id)
    if kind in DECODERS:
        start = tokenizer.eos_token_id if "bart" in kind else tokenizer.pad_token_id
        keys |= dict(eos_token_id=tokenizer.eos_token_id, decoder_start_token_id=start)
    if family == "t5":
        keys |= dict(d_model=16, d_kv=4, d_ff=32, num_layers=1, num_heads=2, dropout_rate=0)
        if kind == "byt5":
            keys |= dict(tie_word_embeddings=False)
    elif kind in DECODERS:
        keys |= dict(d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                     decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, dropout=0,
                     attention_dropout=0, activation_dropout=0, max_position_embeddings=64,
                     forced_eos_token_id=tokenizer.eos_token_id)
    else:
        keys |= dict(hidden_size=16, embedding_size=16, num_hidden_layers=1, num_attention_heads=2,
                     intermediate_size=32, max_position_embeddings=64)
    model = model_class(config_class(**keys))
    if hasattr(model, "final_logits_bias"):
        with torch.no_grad():
            model.final_logits_bias.normal_()
    model.save_pretrained(folder)
    known = size - PADDING.get(kind, 0)
    return model, known


def train(ingot, kind, folder):
    (folder / "source").write_text("".join(f"{line}\n" for line in SOURCE))
    (folder / "target").write_text("".join(f"{line}\n" for line in TARGET))
    files = (dict(source=str(folder / "source"), target=str(folder / "target"))
             if kind in DECODERS else dict(text=str(folder / "source")))
    config = folder / "run.json"
    config.write_text(json.dumps(dict(
        data=dict(train=files, new_tokens=NEW),
        model=dict(init=str(folder / "start"), dropout=0, attention_dropout=0,
                   activation_dropout=0),
        train=dict(output=str(folder / "run"), updates=UPDATES, batch_tokens=100000, log_every=1,
                   learning_rate=RATE, adam_betas=[0.9, 0.98], adam_eps=EPS))))
    command(ingot, "train", config, "-q")
    lines = (folder / "run" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines], folder / "run" / "latest"


def compare_ids(o, kind, latest, known):
    """The number of texts whose ids or printed tokens differ."""
    tokenizer = t.AutoTokenizer.from_pretrained(latest)
    family = (DECODERS | ENCODERS)[kind][1]
    fields = command(o.bench_tokenize, family, latest,
                     input="".join(x + "\0" for x in TEXTS).encode()).decode().split("\0")
    new = [tokenizer.convert_tokens_to_ids(x) for x in NEW]
    assert new == list(range(known, known + len(NEW))), (new, known)
    different = 0
    for i, text in enumerate(TEXTS):
        theirs = tokenizer(text).input_ids
        ours = [int(x) for x in fields[2 * i].split()]
        spelled = tokenizer.decode(theirs, skip_special_tokens=True)
        kept = all(spelled.count(x) == text.count(x) for x in NEW[:2])
        whole = sum(x in new for x in theirs) >= sum(text.count(x) for x in NEW[:2])
        if ours != theirs or spelled != fields[2 * i + 1] or not kept or not whole:
            different += 1
            print(f"{kind}: {text!r}: {ours} {theirs} {spelled!r}", file=sys.stderr)
    return different


def grow(model, known, wrong):
    """The rows that the new tokens get."""
    size = known + len(NEW)
    if size > model.config.vocab_size:
        model.resize_token_embeddings(size, mean_resizing=False)
    tables = {id(x): x for x in (model.get_input_embeddings().weight,
                                 model.get_output_embeddings().weight)}
    with torch.no_grad():
        for table in tables.values():
            table[known:size] = table[:known].mean(0) * (2 if wrong else 1)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias[0, known:size] = 0
    return model


def update(model, latest):
    tokenizer = t.AutoTokenizer.from_pretrained(latest)
    source = [tokenizer(text).input_ids for text in SOURCE]
    target = [tokenizer(text_target=text).input_ids for text in TARGET]
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, betas=(0.9, 0.98), eps=EPS)
    start, losses = [model.config.decoder_start_token_id], []
    for _ in range(UPDATES):
        optimizer.zero_grad()
        every = []
        for a, b in zip(source, target):
            logits = model(input_ids=torch.tensor([a]),
                           decoder_input_ids=torch.tensor([start + b[:-1]])).logits[0]
            every.append(-logits.log_softmax(-1).gather(1, torch.tensor(b)[:, None]))
        loss = torch.cat(every).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def compare_updates(o, model, known, losses, latest):
    model = grow(model.double().eval(), known, o.wrong)
    expected = update(model, latest)
    found = (DECODERS | ENCODERS)[o.kind][2].from_pretrained(latest, dtype=torch.float64)
    a, b = found.get_input_embeddings().weight, model.get_input_embeddings().weight
    of_losses = max(abs(x - y) for x, y in zip(losses, expected)) / max(expected)
    return of_losses, ((a - b).abs().max() / b.abs().max()).item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot")
    parser.add_argument("bench_tokenize")
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--wrong", action="store_true")
    o = parser.parse_args()
    failed = False
    print("kind,different_ids,losses,table")
    for o.kind in o.kinds or list(DECODERS | ENCODERS):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            model, known = make_start(o.kind, folder / "start")
            losses, latest = train(o.ingot, o.kind, folder)
            different = compare_ids(o, o.kind, latest, known)
            rows = json.loads((latest / "config.json").read_text())["vocab_size"]
            assert rows == max(known + len(NEW), model.config.vocab_size), rows
            of_losses, of_table = 0.0, 0.0
            if o.kind in DECODERS and o.kind not in BEGIN_WITH_LANGUAGE:
                of_losses, of_table = compare_updates(o, model, known, losses, latest)
            failed |= different > 0 or not (of_losses < 1e-6 and of_table < 1e-5)
            print(f"{o.kind},{different},{of_losses:.1e},{of_table:.1e}", flush=True)
    if failed:
        sys.exit("a difference is too large")


main()
