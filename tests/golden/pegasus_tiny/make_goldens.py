"""A small seeded, barely trained Pegasus model and what transformers 5.23 generates with it:
python make_goldens.py [DIR]

source.ids: source token ids, one sentence a line. greedy.ids, beam4.ids: target ids with the end
token. log_probs.txt: log-probability of each token of greedy.ids. And, computed in double, the case
ragged_pegasus.safetensors of tests/golden/transformer.c: loss, logits and every gradient.
"""

import json, pathlib, sys
import torch, torch.nn as nn, transformers as t
from safetensors.torch import save_file

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
V, PAD, END = 61, 0, 1


def make(**changes):
    options = dict(
        vocab_size=V,
        d_model=16,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=4,
        encoder_ffn_dim=32,
        decoder_ffn_dim=24,
        max_position_embeddings=64,
        dropout=0.0,
        activation_function="relu",
        scale_embedding=True,
        init_std=0.2,
    )
    return t.PegasusForConditionalGeneration(t.PegasusConfig(**(options | changes)))


def randomize(model, g):
    """Norms, biases and the constant on the logits must have values that a mistake would show."""
    with torch.no_grad():
        for w in (w for w in model.parameters() if w.requires_grad and w.dim() == 1):
            w.add_(0.2 * torch.randn(w.shape, generator=g))
        model.final_logits_bias.copy_(0.2 * torch.randn(model.final_logits_bias.shape, generator=g))


def trained(g):
    """A little training on "reverse the sentence", so that the model is undecided."""
    model = make()
    randomize(model, g)
    with torch.no_grad():
        model.final_logits_bias[0, PAD] = -30.0
    optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
    for step in range(300):
        n = 2 + step % 9
        x = torch.randint(2, V, (64, n), generator=g)
        end = torch.full((64, 1), END)
        loss = model(input_ids=torch.cat([x, end], 1), labels=torch.cat([x.flip(1), end], 1)).loss
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    return model.eval()


def strip(ids):
    ids = ids.tolist()[1:]
    while ids and ids[-1] == PAD:
        ids.pop()
    return ids


def write_tokens(model, sentences, name, beams):
    with open(OUT / name, "w") as f:
        for s in sentences:
            ids = torch.tensor([s])
            mask = torch.ones_like(ids)
            row = model.generate(
                ids, attention_mask=mask, do_sample=False, max_length=33, num_beams=beams
            )[0]
            f.write(" ".join(map(str, strip(row))) + "\n")


def write_log_probs(model, sentences):
    with open(OUT / "log_probs.txt", "w") as f:
        for s, line in zip(sentences, (OUT / "greedy.ids").read_text().splitlines()):
            y = torch.tensor([[int(x) for x in line.split()]])
            start = torch.full((1, 1), PAD)
            lp = model(
                input_ids=torch.tensor([s]), decoder_input_ids=torch.cat([start, y[:, :-1]], 1)
            ).logits.log_softmax(-1)
            f.write(" ".join(f"{lp[0, i, v]:.6f}" for i, v in enumerate(y[0].tolist())) + "\n")


def write_gradients(seed):
    """Sequences of different lengths, one at a time in PyTorch: rows without padding equal them."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed)
    small = dict(vocab_size=17, d_model=8, decoder_layers=3, encoder_ffn_dim=12, decoder_ffn_dim=10)
    model = make(activation_function="gelu", init_std=0.3, **small).double()
    randomize(model, g)
    with torch.no_grad():  # weights are stored as float
        for w in [*model.parameters(), model.final_logits_bias]:
            if w.requires_grad or w is model.final_logits_bias:
                w.copy_(w.float())
    lengths = [(3, 5), (6, 2), (1, 1), (4, 7)]
    sources, inputs, targets, logits = [], [], [], []
    for n, m in lengths:
        sources.append(torch.randint(1, 17, (n,), generator=g))
        targets.append(torch.randint(1, 17, (m,), generator=g))
        inputs.append(torch.cat([torch.full((1,), PAD), targets[-1][:-1]]))
        rows = model(input_ids=sources[-1][None], decoder_input_ids=inputs[-1][None]).logits
        logits.append(rows[0])
    logits, target = torch.cat(logits), torch.cat(targets)
    target[2] = -100
    loss = nn.functional.cross_entropy(logits, target, ignore_index=-100)
    loss.backward()
    config = json.dumps(model.config.to_dict()).encode()
    case = {
        "config": torch.tensor(list(config), dtype=torch.uint8),
        "loss": loss.detach().reshape(1),
        "logits": logits.detach(),
        "source": torch.cat(sources),
        "input": torch.cat(inputs),
        "output": target,
        "source_lengths": torch.tensor([n for n, _ in lengths]),
        "target_lengths": torch.tensor([m for _, m in lengths]),
        "w/final_logits_bias": model.final_logits_bias,
    }
    for k, w in model.named_parameters():
        case["w/" + k] = w.detach()
        if w.requires_grad:
            case["g/" + k] = w.grad
    save_file(
        {k: (v if v.dtype == torch.uint8 else v.float()).contiguous() for k, v in case.items()},
        OUT.parent / "transformer" / "ragged_pegasus.safetensors",
    )


torch.manual_seed(4)
g = torch.Generator().manual_seed(5)
model = trained(g)
model.save_pretrained(OUT)
sentences = [
    [torch.randint(2, V, (1,), generator=g).item() for _ in range(n)] + [END]
    for n in [1, 2, 3, 4, 5, 6, 7, 9, 12, 15, 20, 30] * 2
]
(OUT / "source.ids").write_text("".join(" ".join(map(str, s)) + "\n" for s in sentences))
with torch.no_grad():
    write_tokens(model, sentences, "greedy.ids", 1)
    write_tokens(model, sentences, "beam4.ids", 4)
    write_log_probs(model, sentences)
write_gradients(8)
