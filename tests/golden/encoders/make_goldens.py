#!/usr/bin/env python3
"""Small random encoders of every family and head with what transformers computes with them:

    python tests/golden/encoders/make_goldens.py DIRECTORY

One folder a model, named KIND_HEAD: a model directory, and expected.safetensors with ids, lengths
and types of a ragged batch, the encoded rows and the head's outputs, each sequence run alone.
Made with transformers 5.23 and torch 2.13."""
import pathlib
import sys

import torch
import transformers as t
from safetensors.torch import save_file

LENGTHS = [7, 1, 12, 4]
SIZES = dict(vocab_size=40, hidden_size=12, num_hidden_layers=2, num_attention_heads=3,
             intermediate_size=20, max_position_embeddings=24, hidden_dropout_prob=0.0,
             attention_probs_dropout_prob=0.0)
KINDS = {
    "bert": (t.BertConfig, "Bert", SIZES),
    "distilbert": (t.DistilBertConfig, "DistilBert",
                   dict(vocab_size=40, dim=12, n_layers=2, n_heads=3, hidden_dim=20,
                        max_position_embeddings=24, dropout=0.0, attention_dropout=0.0,
                        qa_dropout=0.0)),
    "roberta": (t.RobertaConfig, "Roberta",
                SIZES | dict(type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5)),
    "xlm-roberta": (t.XLMRobertaConfig, "XLMRoberta",
                    SIZES | dict(type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5)),
    "electra": (t.ElectraConfig, "Electra", SIZES | dict(embedding_size=8)),
    "electra-equal": (t.ElectraConfig, "Electra", SIZES | dict(embedding_size=12)),
    # Layers 0 and 1 are one, layer 2 is another.
    "albert": (t.AlbertConfig, "Albert",
               SIZES | dict(embedding_size=8, num_hidden_layers=3, num_hidden_groups=2)),
    "albert-equal": (t.AlbertConfig, "Albert", SIZES | dict(embedding_size=12)),
}
# Of a kind that differs in its embedding's columns alone, one head is enough.
ALL_HEADS = {kind for kind in KINDS if not kind.endswith("-equal")}
HEADS = {"span": "ForQuestionAnswering", "classes": "ForSequenceClassification",
         "token_classes": "ForTokenClassification", "masked": "ForMaskedLM", "none": "Model"}


def randomize(model, seed):
    """Norms and biases that are all 1 and 0 would hide a swapped one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if weight.dim() == 1:
                weight.add_(0.2 * noise)
            else:
                weight.copy_(0.3 * noise)


def span_gradients(model, ids, types, kind):
    """Of the mean over sequences of the mean of two cross-entropies, each over its sequence's rows
    alone; spans has the rows of each answer's beginning and end, and where the second text
    begins."""
    spans, loss = [], 0
    for row, kinds in zip(ids, types):
        length = len(row)
        begin, end = (0, 0) if length < 4 else (length // 3, length // 2)
        spans.append([begin, end, int(kinds.argmax()) if kinds.any() else 0])
        given = dict(input_ids=row[None])
        if kind != "distilbert":
            given["token_type_ids"] = kinds[None]
        found = model(**given)
        for logits, target in (found.start_logits, begin), (found.end_logits, end):
            loss = loss + torch.nn.functional.cross_entropy(logits, torch.tensor([target]))
    loss = loss / 2 / len(ids)
    loss.backward()
    gradients = {"gradient/" + name: weight.grad for name, weight in model.named_parameters()
                 if weight.grad is not None}
    return gradients | {"loss": loss.detach()[None], "spans": torch.tensor(spans).float()}


def mask(ids):
    """Rows' ids with some replaced, and what these were, -1 elsewhere. The sequence of one row has
    none."""
    masked, targets = [], []
    for row in ids:
        place = torch.arange(len(row))
        hit = (place % 3 == 1) | (place % 7 == 5)
        masked.append(torch.where(hit & (place % 2 == 0), torch.tensor(4), row))
        targets.append(torch.where(hit, row, torch.tensor(-1)))
    return masked, targets


def masked_loss(model, masked, targets):
    """The mean of the cross-entropy over the masked tokens of all sequences, each run alone."""
    loss = 0
    for given, wanted in zip(masked, targets):
        hit = wanted >= 0
        if hit.any():
            logits = model(input_ids=given[None]).logits[0]
            loss = loss + torch.nn.functional.cross_entropy(logits[hit], wanted[hit],
                                                            reduction="sum")
    return loss / sum(int((wanted >= 0).sum()) for wanted in targets)


def masked_training(model, ids):
    """Loss and gradients, then the losses of three updates and the weights after them. The
    gradient of the bias of keys is 0 but for rounding, which a small eps would blow up."""
    masked, targets = mask(ids)
    loss = masked_loss(model, masked, targets)
    loss.backward()
    tied = model.get_output_embeddings().weight  # which files have as the embedding alone
    named = {name: weight for name, weight in model.named_parameters(remove_duplicate=False)
             if (weight is not tied or "word_embeddings" in name)
             and not name.endswith("decoder.bias")}
    tensors = {"gradient/" + name: weight.grad.clone() for name, weight in named.items()
               if weight.grad is not None}
    used = [weight for weight in model.parameters() if weight.grad is not None]
    optimizer = torch.optim.AdamW(used, lr=0.01, betas=(0.9, 0.999), eps=1e-4, weight_decay=0.01)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        now = masked_loss(model, masked, targets)
        now.backward()
        torch.nn.utils.clip_grad_norm_(used, 1.0)
        optimizer.step()
        losses.append(float(now))
    tensors |= {"trained/" + name: weight.detach().clone() for name, weight in named.items()}
    return tensors | {"loss": loss.detach()[None], "losses": torch.tensor(losses),
                      "masked": torch.cat(masked).float(), "targets": torch.cat(targets).float()}


def make(out, kind, head, seed):
    config_class, stem, sizes = KINDS[kind]
    labels = {} if head == "span" else dict(num_labels=5)
    config = config_class(**sizes, **labels)
    model = getattr(t, stem + HEADS[head])(config).eval()
    randomize(model, seed)
    model.save_pretrained(out)
    generator = torch.Generator().manual_seed(seed + 1)
    ids, types, hidden, outputs = [], [], [], []
    for length in LENGTHS:
        row = torch.randint(4, 40, (1, length), generator=generator)
        kinds = (torch.arange(length) >= max(1, length // 2)).long()[None]
        if getattr(config, "type_vocab_size", 1) < 2:
            kinds = torch.zeros_like(kinds)
        given = dict(input_ids=row, output_hidden_states=True)
        if kind != "distilbert":
            given["token_type_ids"] = kinds
        with torch.no_grad():
            found = model(**given)
        ids.append(row[0])
        types.append(kinds[0])
        hidden.append(found.hidden_states[-1][0])
        if head == "span":
            outputs.append(torch.stack([found.start_logits[0], found.end_logits[0]], 1))
        elif head == "classes":
            outputs.append(found.logits)
        elif head != "none":
            outputs.append(found.logits[0])
    gradients = {}
    if head == "span":
        gradients = span_gradients(model, ids, types, kind)
    elif head == "masked":
        gradients = masked_training(model, ids)
    tensors = gradients | {"ids": torch.cat(ids).float(), "types": torch.cat(types).float(),
               "lengths": torch.tensor(LENGTHS).float(), "hidden": torch.cat(hidden)}
    if outputs:
        tensors["outputs"] = torch.cat(outputs)
    save_file({name: value.contiguous() for name, value in tensors.items()},
              out / "expected.safetensors")


def main():
    root = pathlib.Path(sys.argv[1])
    for k, kind in enumerate(KINDS):
        for h, head in enumerate(HEADS):
            if kind in ALL_HEADS or head == "span":
                make(root / f"{kind}_{head}", kind, head, 10 * k + h)


main()
