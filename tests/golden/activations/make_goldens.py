"""How much the units of a model correlate with those of another, of which each value is half, once
or one and a half times the first one's: the mean over all units that alignment knows, by hooks.
Usage: make_goldens.py > correlations.txt   (torch 2.13, transformers 5.14)"""

import collections
import pathlib
import re

import torch
from transformers import AutoModelForSeq2SeqLM

GOLDENS = pathlib.Path(__file__).resolve().parent.parent
FAMILIES = "bart marian mbart t5 t5_v1_1".split()
PAIRS = 12


def draw():
    state = 5
    while True:
        state = state * 16807 % 2147483647
        yield state // 7


def pairs(vocab):
    numbers = draw()
    for _ in range(PAIRS):
        yield [
            [3 + next(numbers) % (vocab - 3) for _ in range(2 + next(numbers) % 9)]
            for _ in range(2)
        ]


def taps(name, streams):
    """Yields (permutation, of the output) for a layer of this name."""
    stack, layer = re.search(r"(encoder|decoder)\.\w+\.(\d+)", name).groups()
    cross = "encoder_attn" in name or "EncDecAttention" in name
    attention = f"{stack} {layer} {cross}"
    last = name.split(".")[-1]
    if last in ("q_proj", "q"):
        yield f"query_key {attention}", True
        if streams:
            yield "stream", False
    elif last in ("k_proj", "k"):
        yield f"query_key {attention}", True
        if streams and cross and layer == "0":
            yield "stream", False
    elif last in ("out_proj", "o"):
        yield f"value {attention}", False
    elif last in ("fc1", "wi", "wi_0") and streams:
        yield "stream", False
    elif last in ("fc2", "wo"):
        yield f"units {stack} {layer}", False


def gather(model, streams):
    seen = collections.defaultdict(list)  # (permutation, tap): rows of units

    def hook(tap, of_output):
        def see(module, inputs, output):
            x = output if of_output else inputs[0]
            seen[tap].append(x.detach().double().reshape(-1, x.shape[-1]))

        return see

    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name.count("."):
            for permutation, of_output in taps(name, streams):
                tap = (permutation, f"{name} {of_output}")
                module.register_forward_hook(hook(tap, of_output))
    with torch.no_grad():
        for source, target in pairs(model.config.vocab_size):
            out = model(
                input_ids=torch.tensor([source]),
                decoder_input_ids=torch.tensor([[0] + target[:-1]]),
                output_hidden_states=True,
            )
            if streams:
                seen["stream", "last rows"].append(out.decoder_hidden_states[-1].double()[0])
    return {tap: torch.cat(rows) for tap, rows in seen.items()}


def load(family):
    return AutoModelForSeq2SeqLM.from_pretrained(GOLDENS / f"{family}_tiny").eval()


def correlate(a, b):
    a, b = a - a.mean(0), b - b.mean(0)
    both = a.norm(dim=0) * b.norm(dim=0)
    return torch.where(both > 1e-9, (a * b).sum(0) / both.clamp(min=1e-30), 0)


for family in FAMILIES:
    first, other = load(family), load(family)
    streams = family != "marian"  # sinusoids are added to it, and are no values of the model's
    with torch.no_grad():
        for name, parameter in other.named_parameters():
            if streams or "embed_positions" not in name:
                factor = (1 + torch.arange(parameter.numel()) % 3) / 2
                parameter.mul_(factor.reshape(parameter.shape))
    ours, theirs = gather(first, streams), gather(other, streams)
    of = collections.defaultdict(list)
    for tap, rows in ours.items():
        of[tap[0]].append(correlate(rows, theirs[tap]))
    means = [torch.stack(of_taps).mean(0) for of_taps in of.values()]
    print(f"{family}_tiny {torch.cat(means).mean().item():.9f}")
