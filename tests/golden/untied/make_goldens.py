"""MarianMT and Pegasus with tie_word_embeddings: false, and what transformers 5.23 generates with
them: python make_goldens.py

Each directory has source.ids, greedy.ids, beam4.ids and log_probs.txt as ../pegasus_tiny. The case
ragged_marian_untied.safetensors of tests/golden/transformer.c, computed in double: loss, logits and
every gradient.
"""

import json, pathlib
import torch, torch.nn as nn, transformers as t
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
V = 61
IDS = {
    "marian": dict(pad_token_id=60, eos_token_id=0, forced_eos_token_id=0, bos_token_id=None,
                   decoder_start_token_id=60),
    "pegasus": dict(pad_token_id=0, eos_token_id=1, forced_eos_token_id=1, bos_token_id=None,
                    decoder_start_token_id=0),
}
CLASSES = {
    "marian": (t.MarianConfig, t.MarianMTModel),
    "pegasus": (t.PegasusConfig, t.PegasusForConditionalGeneration),
}


def make(family, **changes):
    options = dict(
        vocab_size=V,
        d_model=16,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=4,
        encoder_ffn_dim=32,
        decoder_ffn_dim=24,
        max_position_embeddings=64,
        dropout=0.0,
        activation_function="swish",
        scale_embedding=True,
        init_std=0.2,
        tie_word_embeddings=False,
        **IDS[family],
    )
    config, model = CLASSES[family]
    return model(config(**(options | changes)))


def weights_of(model):
    """The shared table of an untied model is stored, and read by nobody."""
    return {k: w for k, w in model.named_parameters() if k != "model.shared.weight"}


def trained(family, g):
    """A little training on "reverse the sentence", so that the model is undecided."""
    pad, end = IDS[family]["pad_token_id"], IDS[family]["eos_token_id"]
    model = make(family)
    model.final_logits_bias.copy_(0.2 * torch.randn(model.final_logits_bias.shape, generator=g))
    model.final_logits_bias[0, pad] = -30.0
    optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
    for step in range(300):
        x = torch.randint(2, 60, (64, 2 + step % 9), generator=g)
        ends = torch.full((64, 1), end)
        loss = model(input_ids=torch.cat([x, ends], 1), labels=torch.cat([x.flip(1), ends], 1)).loss
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    return model.eval()


def generate(model, ids, beams):
    row = model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_length=33, num_beams=beams
    )[0].tolist()[1:]
    while row and row[-1] == model.config.pad_token_id:
        row.pop()
    return row


def log_probs(model, ids, row):
    start = torch.full((1, 1), model.config.decoder_start_token_id)
    y = torch.tensor([row])
    lp = model(input_ids=ids, decoder_input_ids=torch.cat([start, y[:, :-1]], 1)).logits
    lp = lp.log_softmax(-1)
    return " ".join(f"{lp[0, i, v]:.6f}" for i, v in enumerate(row))


def write_goldens(family):
    out = HERE / family
    torch.manual_seed(4)
    g = torch.Generator().manual_seed(5)
    model = trained(family, g)
    model.save_pretrained(out)
    lengths = [1, 2, 3, 4, 5, 6, 7, 9, 12, 15, 20, 30] * 3
    sentences = [torch.randint(2, 60, (n,), generator=g).tolist() for n in lengths]
    sentences = [s + [model.config.eos_token_id] for s in sentences]
    lines = {name: [] for name in ("source.ids", "greedy.ids", "beam4.ids", "log_probs.txt")}
    for s in sentences:
        ids = torch.tensor([s])
        greedy = generate(model, ids, 1)
        lines["source.ids"].append(" ".join(map(str, s)))
        lines["greedy.ids"].append(" ".join(map(str, greedy)))
        lines["beam4.ids"].append(" ".join(map(str, generate(model, ids, 4))))
        lines["log_probs.txt"].append(log_probs(model, ids, greedy))
    for name, text in lines.items():
        (out / name).write_text("\n".join(text) + "\n")


def write_gradients():
    """Sequences of different lengths, one at a time in PyTorch: rows without padding equal them."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(7)
    g = torch.Generator().manual_seed(7)
    ids = dict(pad_token_id=16, decoder_start_token_id=16)
    model = make("marian", vocab_size=17, d_model=8, init_std=0.3, **ids).double()
    with torch.no_grad():  # weights are stored as float
        for w in weights_of(model).values():
            if w.requires_grad:
                w.add_(0.1 * torch.randn(w.shape, generator=g))
                w.copy_(w.float())
        for table in (model.model.encoder.embed_tokens, model.model.decoder.embed_tokens):
            table.weight[16] = 0
        model.final_logits_bias.copy_(
            0.2 * torch.randn(model.final_logits_bias.shape, generator=g).float()
        )
    lengths = [(3, 5), (6, 2), (1, 1), (4, 7)]
    sources, inputs, targets, logits = [], [], [], []
    for n, m in lengths:
        sources.append(torch.randint(1, 16, (n,), generator=g))
        targets.append(torch.randint(1, 16, (m,), generator=g))
        inputs.append(torch.cat([torch.full((1,), 16), targets[-1][:-1]]))
        logits.append(
            model(input_ids=sources[-1][None], decoder_input_ids=inputs[-1][None]).logits[0]
        )
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
    for k, w in weights_of(model).items():
        if "embed_positions" in k:
            continue
        case["w/" + k], case["g/" + k] = w.detach(), w.grad
    save_file(
        {k: (v if v.dtype == torch.uint8 else v.float()).contiguous() for k, v in case.items()},
        HERE.parent / "transformer" / "ragged_marian_untied.safetensors",
    )


torch.set_grad_enabled(True)
for name in CLASSES:
    with torch.enable_grad():
        write_goldens(name)
write_gradients()
