#!/usr/bin/env python3
"""Trains LoRA and DoRA adapters with `ingot train` and with PEFT, ten updates from the same start:

    python bench/parity/adapters.py INGOT MODEL [MODEL ...] [--updates N] [--wrong]

A MODEL is a directory of an encoder-decoder with its tokenizer, such as models/en-de, or those that
../shared/peers/make_models.py makes (t5, bart). For each of them and each method:

- PEFT makes an adapter with a random B and saves it; Ingot goes on with it
  (train.adapter.from), PEFT in float64 on the token ids that Ingot's tokenizer gives. All
  sentences are one batch, so that the order does not matter. Losses, relative to the largest, and
  every tensor of the adapter afterwards, relative to its largest value, must agree within 1e-5.
- Ingot makes an adapter of its own, and PeftModel.from_pretrained opens it: no key may be missing
  or left over, and the log-probabilities of the targets must be those of
  `ingot translate -m MODEL+ADAPTER --score-target` within 1e-4.

Adam's eps is 1e-3 in both: with a small one Adam makes whole steps of gradients that are nothing
but rounding. --wrong: PEFT adds twice what the adapter says; the comparison must fail."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import peft
import torch
import transformers as t
from safetensors.torch import load_file

RATE, EPS, BOUND, SCORE_BOUND = 0.005, 1e-3, 1e-5, 1e-4
SOURCE = ["The cat sleeps on the table.", "We are going home now.", "Where is the station?",
          "He reads a book about the sea."]
TARGET = ["Die Katze schläft auf dem Tisch.", "Wir gehen jetzt nach Hause.", "Wo ist der Bahnhof?",
          "Er liest ein Buch über das Meer."]


def command(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def targets_of(model):
    return ["q", "v", "wo"] if model.config.model_type == "t5" else ["q_proj", "v_proj", "fc2"]


def train(ingot, folder, model, updates, **adapter):
    config = folder / "run.json"
    config.write_text(json.dumps(dict(
        data=dict(train=dict(source=str(folder / "source"), target=str(folder / "target"))),
        model=dict(init=str(model), dropout=0, attention_dropout=0, activation_dropout=0),
        train=dict(output=str(folder / "run"), updates=updates, batch_tokens=100000, log_every=1,
                   learning_rate=RATE, adam_betas=[0.9, 0.98], adam_eps=EPS, adapter=adapter))))
    command(ingot, "train", config, "-q")
    lines = (folder / "run" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines], folder / "run" / "latest"


def ids_of(ingot, folder, model):
    """Token ids of both sides, as the model's own tokenizer in transformers gives them."""
    tokenizer = t.AutoTokenizer.from_pretrained(model)
    return ([tokenizer(text).input_ids for text in SOURCE],
            [tokenizer(text_target=text).input_ids for text in TARGET])


def log_probs(model, batch):
    """Of each target, its tokens' log-probabilities."""
    start = [model.config.decoder_start_token_id]
    for source, target in zip(*batch):
        logits = model(input_ids=torch.tensor([source]),
                       decoder_input_ids=torch.tensor([start + target[:-1]])).logits[0]
        yield logits.log_softmax(-1).gather(1, torch.tensor(target)[:, None])[:, 0]


def load(model):
    return t.AutoModelForSeq2SeqLM.from_pretrained(model, dtype=torch.float32)


def begin(model, folder, dora, wrong):
    torch.manual_seed(3)
    base = load(model)
    adapted = peft.get_peft_model(base, peft.LoraConfig(
        r=4, lora_alpha=8, target_modules=targets_of(base), use_dora=dora))
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.05)
    adapted.save_pretrained(folder / "start")
    if wrong:
        for module in adapted.modules():
            if hasattr(module, "scaling") and isinstance(module.scaling, dict):
                module.scaling = {key: 2 * value for key, value in module.scaling.items()}
    return adapted.double().eval()


def update(adapted, batch, updates):
    trained = [weight for weight in adapted.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=RATE, betas=(0.9, 0.98), eps=EPS)
    losses = []
    for _ in range(updates):
        optimizer.zero_grad()
        loss = -torch.cat(list(log_probs(adapted, batch))).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def go_on(o, model, folder, dora):
    """The worst differences of losses and of tensors."""
    adapted = begin(model, folder, dora, o.wrong)
    found, latest = train(o.ingot, folder, model, o.updates, **{"from": str(folder / "start")})
    expected = update(adapted, ids_of(o.ingot, folder, model), o.updates)
    of_losses = max(abs(a - b) for a, b in zip(found, expected)) / max(expected)
    theirs = peft.get_peft_model_state_dict(adapted)
    ours = load_file(latest / "adapter_model.safetensors")
    assert set(ours) == set(theirs), set(ours) ^ set(theirs)
    of_tensors = max(((ours[name] - theirs[name]).abs().max() / theirs[name].abs().max()).item()
                     for name in ours)
    return of_losses, of_tensors


def open_in_peft(o, model, folder, dora):
    """The worst difference of the targets' log-probabilities, of an adapter that Ingot made."""
    base = load(model)
    _, latest = train(o.ingot, folder, model, o.updates, method="dora" if dora else "lora", rank=4,
                      alpha=8, target_modules=targets_of(base))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # PEFT warns of keys that are missing
        warnings.simplefilter("ignore", FutureWarning)
        adapted = peft.PeftModel.from_pretrained(base, latest).eval()
    changed = sum(weight.abs().max() > 0 for name, weight in adapted.named_parameters()
                  if "lora_B" in name)
    assert changed == len(load_file(latest / "adapter_model.safetensors")) // (3 if dora else 2)
    with torch.no_grad():
        theirs = [sum(values).item()
                  for values in log_probs(adapted, ids_of(o.ingot, folder, model))]
    scores = command(o.ingot, "translate", "-m", f"{model}+{latest}", "-i", folder / "source",
                     "--score-target", folder / "target").split()
    return max(abs(float(a) - b) for a, b in zip(scores, theirs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot")
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--updates", type=int, default=10)
    parser.add_argument("--wrong", action="store_true")
    o = parser.parse_args()
    failed = False
    print("model,method,losses,tensors,log_probs_in_peft")
    for model in o.models:
        for dora in False, True:
            differences = []
            for compare in go_on, open_in_peft:
                with tempfile.TemporaryDirectory() as name:
                    folder = pathlib.Path(name)
                    (folder / "source").write_text("".join(f"{line}\n" for line in SOURCE))
                    (folder / "target").write_text("".join(f"{line}\n" for line in TARGET))
                    found = compare(o, model.resolve(), folder, dora)
                    differences += found if isinstance(found, tuple) else [found]
            losses, tensors, scores = differences
            failed |= not (losses < BOUND and tensors < BOUND and scores < SCORE_BOUND)
            print(f"{model.name},{'dora' if dora else 'lora'},{losses:.1e},{tensors:.1e},"
                  f"{scores:.1e}", flush=True)
    if failed:
        sys.exit("a difference is too large")


main()
