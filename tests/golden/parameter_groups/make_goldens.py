#!/usr/bin/env python3
"""Updates of torch.optim with parameter groups: parts frozen, biases and norms without decay, and
rates that fall with the depth.

    python tests/golden/parameter_groups/make_goldens.py

The models are those of other goldens. cases.json says what is done with which; NAME.safetensors has
for each trained tensor up to 16 values, evenly spaced, after the updates, and the norms of the
gradients before clipping. Which parameters are frozen is said here by modules of transformers,
which are not decayed by transformers' own rule, and rates by ELECTRA's formula: lr * d^(n + 2 -
depth), depth 0 for embeddings, i + 1 for layer i, n + 1 for the norm after the last layer, n + 2
for the head; each stack has its own n, and a parameter of two stacks the lower rate. Made with
transformers 5.23 and torch 2.13, in float64."""
import json
import pathlib
import re

import torch
import transformers as t
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).parent
# A large eps: Adam makes whole steps of gradients that are nothing but rounding, as those of biases
# of keys, where eps is below them.
UPDATES, RATE, EPS, VALUES = 3, 0.01, 1e-3, 16

CASES = {
    "bert_frozen": dict(
        model="encoders/bert_span", optimizer="adamw", weight_decay=0.1, clip_norm=0.5,
        no_decay=["biases", "norms"], freeze=["embeddings", "encoder.layers.0"]),
    "distilbert_head": dict(
        model="encoders/distilbert_span", optimizer="adamw", weight_decay=0.1, clip_norm=0.5,
        no_decay=[], freeze=["encoder"]),
    "albert_shared": dict(
        model="encoders/albert_span", optimizer="adamw", weight_decay=0.1, clip_norm=0.5,
        no_decay=["biases", "norms"], freeze=["encoder.layers.0"]),
    "electra_rates": dict(
        model="encoders/electra_span", optimizer="adamw", weight_decay=0.1, clip_norm=0.5,
        no_decay=["biases", "norms"], layer_decay=0.8),
    "bart_encoder": dict(
        model="bart_tiny", optimizer="adam", weight_decay=0.1, clip_norm=0,
        no_decay=["biases", "norms"], freeze=["encoder"]),
    "untied_encoder": dict(
        model="untied/marian", optimizer="adamw", weight_decay=0.1, clip_norm=0.5, no_decay=[],
        freeze=["encoder"]),
    "mbart_layers": dict(
        model="mbart_tiny", optimizer="adam", weight_decay=0.1, clip_norm=0.5, no_decay=["norms"],
        freeze=["embeddings", "encoder.layers.0", "decoder.layers.0"], layer_decay=0.9),
    "marian_head": dict(
        model="marian_tiny", optimizer="adam", weight_decay=0, clip_norm=0, no_decay=[],
        freeze=["head"]),
    "m2m_100_decoder": dict(
        model="m2m_100_tiny", optimizer="adamw", weight_decay=0.1, clip_norm=0.5, no_decay=[],
        freeze=["decoder.layers", "decoder.norm"]),
    "t5_rates": dict(
        model="t5_tiny", optimizer="adamw", weight_decay=0.1, clip_norm=0.5,
        no_decay=["biases", "norms"], layer_decay=0.7),
}


def frozen_modules(name, model):
    """What the names of `freeze` mean."""
    return {
        "bert_frozen": lambda: [model.bert.embeddings, model.bert.encoder.layer[0]],
        "distilbert_head": lambda: [model.distilbert],
        "albert_shared": lambda: [model.albert.encoder.albert_layer_groups[0]],
        "bart_encoder": lambda: [model.get_encoder()],
        "untied_encoder": lambda: [model.get_encoder()],
        "mbart_layers": lambda: [
            model.model.shared, *(module for stack in (model.model.encoder, model.model.decoder)
                                  for module in (stack.embed_positions, stack.layernorm_embedding,
                                                 stack.layers[0]))],
        "marian_head": lambda: [model.lm_head],
        "m2m_100_decoder": lambda: [*model.model.decoder.layers, model.model.decoder.layer_norm],
    }.get(name, lambda: [])()


def undecayed(case, model):
    decayed = t.Trainer.get_decay_parameter_names(None, model)
    names = {name for name, _ in model.named_parameters() if name not in decayed}
    norms = {name for name in names if "norm" in name.lower()}
    return {"": set(), "norms": norms, "biases norms": names}[" ".join(case["no_decay"])]


def depth_below_head(name, config):
    """n + 2 - depth of a parameter's name, the largest of the stacks that have it."""
    layers = {"encoder": getattr(config, "encoder_layers", None) or config.num_hidden_layers,
              "decoder": getattr(config, "decoder_layers", None) or
              getattr(config, "num_decoder_layers", None)}
    stack = "decoder" if "decoder" in name else "encoder"
    layer = re.search(r"\.(?:layers?|block)\.(\d+)\.", name)
    if "shared" in name:
        return max(layers.values()) + 2
    if layer:
        return layers[stack] + 1 - int(layer[1])
    if "embed" in name:
        return layers[stack] + 2
    return 1 if re.search(r"(en|de)coder\.(final_)?layer_norm", name) else 0


def optimizer_of(case, model):
    kept = undecayed(case, model)
    decay, rate = case["weight_decay"], case.get("layer_decay", 1)
    groups = [dict(params=[weight], weight_decay=0 if name in kept else decay,
                   lr=RATE * rate ** depth_below_head(name, model.config))
              for name, weight in model.named_parameters() if weight.requires_grad]
    kind = torch.optim.AdamW if case["optimizer"] == "adamw" else torch.optim.Adam
    return kind(groups, lr=RATE, betas=(0.9, 0.98), eps=EPS)


def span_batch(directory):
    golden = load_file(directory / "expected.safetensors")
    lengths = golden["lengths"].long().tolist()
    return (golden["ids"].long().split(lengths), golden["types"].long().split(lengths),
            golden["spans"].long())


def span_loss(model, batch):
    loss = 0
    for ids, types, span in zip(*batch):
        given = {} if model.config.model_type == "distilbert" else dict(token_type_ids=types[None])
        found = model(input_ids=ids[None], **given)
        for logits, target in (found.start_logits, span[0]), (found.end_logits, span[1]):
            loss = loss + torch.nn.functional.cross_entropy(logits, target[None])
    return loss / 2 / len(batch[0])


def text_batch(config, seed):
    generator = torch.Generator().manual_seed(seed)
    draw = lambda n: torch.randint(3, min(config.vocab_size, 50), (n,), generator=generator)
    return [draw(n) for n in (5, 3, 7)], [draw(n) for n in (4, 6, 2)]


def text_loss(model, batch):
    loss, start = 0, torch.tensor([model.config.decoder_start_token_id])
    for source, target in zip(*batch):
        logits = model(input_ids=source[None],
                       decoder_input_ids=torch.cat([start, target[:-1]])[None]).logits[0]
        loss = loss + torch.nn.functional.cross_entropy(logits, target, reduction="sum")
    return loss / sum(len(target) for target in batch[1])


def some(values):
    flat = values.detach().reshape(-1)
    count = min(VALUES, len(flat))
    return torch.stack([flat[i * len(flat) // count] for i in range(count)]).float()


def make(name, case, seed):
    directory = HERE.parent / case["model"]
    spans = "span" in case["model"]
    kind = t.AutoModelForQuestionAnswering if spans else t.AutoModelForSeq2SeqLM
    model = kind.from_pretrained(directory, dtype=torch.float64).train()
    for module in frozen_modules(name, model):
        module.requires_grad_(False)
    batch = span_batch(directory) if spans else text_batch(model.config, seed)
    optimizer, norms = optimizer_of(case, model), []
    trained = {key: weight for key, weight in model.named_parameters() if weight.requires_grad}
    for _ in range(UPDATES):
        optimizer.zero_grad()
        (span_loss if spans else text_loss)(model, batch).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(trained.values(),
                                                    case["clip_norm"] or float("inf")))
        optimizer.step()
    out = {key: some(weight) for key, weight in trained.items()}
    save_file(out | {"norms": torch.stack(norms).float()}, HERE / f"{name}.safetensors")
    sequences = [[row.tolist() for row in rows] for rows in batch]
    if spans:
        return case | dict(source=sequences[0], spans=sequences[2])
    return case | dict(source=sequences[0], target=sequences[1],
                       start=model.config.decoder_start_token_id)


def main():
    cases = {name: make(name, case, seed) for seed, (name, case) in enumerate(CASES.items())}
    lines = [f"{json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items()]
    (HERE / "cases.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
