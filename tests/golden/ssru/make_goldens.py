"""Goldens of the family `marian_ssru`, which transformers does not have, from formulas alone, made
with PyTorch 2.13: python make_goldens.py [FOLDER]      FOLDER: that of all goldens

transformer/ragged_marian_ssru.safetensors: loss, logits, log-probabilities and every gradient of
sequences of different lengths. transformer/adam_marian_ssru.safetensors: five updates of
torch.optim.Adam, as in ../transformer/make_goldens.py. Both in double.

The encoder and the cross-attention are those of "Attention Is All You Need" (Vaswani et al. 2017),
norms after the sums. The decoder's recurrence is the SSRU of Kim et al. 2019, "From Research to
Production and Back: Ludicrously Fast Neural Machine Translation", section 3.1:
    f_t = sigmoid(W_f x_t + b_f)    c_t = f_t * c_{t-1} + (1 - f_t) * W x_t    o_t = relu(c_t)
"""

import json, math, pathlib, sys
import torch
from torch.nn import functional as F
from safetensors.torch import save_file

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
CONFIG = dict(
    model_type="marian_ssru",
    vocab_size=17,
    decoder_vocab_size=17,
    d_model=8,
    encoder_layers=1,
    decoder_layers=2,
    encoder_attention_heads=2,
    decoder_attention_heads=4,
    encoder_ffn_dim=12,
    decoder_ffn_dim=10,
    activation_function="swish",
    scale_embedding=True,
    tie_word_embeddings=True,
    share_encoder_decoder_embeddings=True,
    max_position_embeddings=32,
    dropout=0.0,
    layer_norm_eps=1e-5,
    pad_token_id=16,
    eos_token_id=0,
    bos_token_id=None,
    decoder_start_token_id=16,
)
D, START = CONFIG["d_model"], CONFIG["decoder_start_token_id"]


def shapes():
    """Of every trained tensor, by its name."""
    out = {"model.shared.weight": (CONFIG["vocab_size"], D)}

    def linear(name, outputs, inputs, bias=True):
        out[name + ".weight"] = (outputs, inputs)
        if bias:
            out[name + ".bias"] = (outputs,)

    def norm(name):
        out[name + ".weight"] = out[name + ".bias"] = (D,)

    def attention(name):
        for part in "q_proj", "k_proj", "v_proj", "out_proj":
            linear(f"{name}.{part}", D, D)
        norm(f"{name}_layer_norm")

    for side in "encoder", "decoder":
        for layer in range(CONFIG[f"{side}_layers"]):
            at = f"model.{side}.layers.{layer}."
            if side == "encoder":
                attention(at + "self_attn")
            else:
                linear(at + "cell.candidate", D, D, bias=False)
                linear(at + "cell.forget", D, D)
                norm(at + "cell_layer_norm")
                attention(at + "encoder_attn")
            linear(at + "fc1", CONFIG[f"{side}_ffn_dim"], D)
            linear(at + "fc2", D, CONFIG[f"{side}_ffn_dim"])
            norm(at + "final_layer_norm")
    return out


def random_weights(g):
    """Values that a mistake would show, rounded to float, as they are stored."""
    weights = {}
    for name, shape in shapes().items():
        w = torch.randn(shape, generator=g) * (0.3 if len(shape) > 1 else 0.2)
        if name.endswith("norm.weight"):
            w += 0.5
        weights[name] = w.float().double().requires_grad_()
    weights["final_logits_bias"] = 0.3 * torch.randn((1, CONFIG["vocab_size"]), generator=g)
    weights["final_logits_bias"] = weights["final_logits_bias"].float().double()
    return weights


class Model:
    def __init__(self, weights):
        self.w = weights

    def linear(self, name, x):
        return F.linear(x, self.w[name + ".weight"], self.w.get(name + ".bias"))

    def add_and_norm(self, name, x, y):
        return F.layer_norm(
            x + y, (D,), self.w[name + ".weight"], self.w[name + ".bias"], CONFIG["layer_norm_eps"]
        )

    def attention(self, name, heads, x, memory):
        split = lambda t: t.reshape(len(t), heads, D // heads).transpose(0, 1)
        q, k, v = (
            split(self.linear(f"{name}.{part}", rows))
            for part, rows in (("q_proj", x), ("k_proj", memory), ("v_proj", memory))
        )
        weights = (q @ k.transpose(1, 2) / math.sqrt(D // heads)).softmax(-1)
        mixed = self.linear(name + ".out_proj", (weights @ v).transpose(0, 1).reshape(len(x), D))
        return self.add_and_norm(name + "_layer_norm", x, mixed)

    def recurrence(self, name, x):
        forget = torch.sigmoid(self.linear(name + ".forget", x))
        candidate = self.linear(name + ".candidate", x)
        cell, outputs = torch.zeros(D), []
        for f, c in zip(forget, candidate):
            cell = f * cell + (1 - f) * c
            outputs.append(torch.relu(cell))
        return self.add_and_norm(name + "_layer_norm", x, torch.stack(outputs))

    def feed_forward(self, at, x):
        inner = F.silu(self.linear(at + "fc1", x))
        return self.add_and_norm(at + "final_layer_norm", x, self.linear(at + "fc2", inner))

    def embed(self, ids):
        angles = torch.arange(len(ids))[:, None] / 10000 ** (torch.arange(0, D, 2) / D)
        positions = torch.cat([angles.sin(), angles.cos()], 1)
        # As in MarianMT, the padding, which starts a sentence, learns from the output layer alone.
        rows = F.embedding(ids, self.w["model.shared.weight"], padding_idx=CONFIG["pad_token_id"])
        return rows * math.sqrt(D) + positions

    def logits(self, source, inputs):
        """Of one sentence: (tokens of inputs, vocabulary)."""
        x = self.embed(source)
        for layer in range(CONFIG["encoder_layers"]):
            at = f"model.encoder.layers.{layer}."
            x = self.attention(at + "self_attn", CONFIG["encoder_attention_heads"], x, x)
            x = self.feed_forward(at, x)
        y = self.embed(inputs)
        for layer in range(CONFIG["decoder_layers"]):
            at = f"model.decoder.layers.{layer}."
            y = self.recurrence(at + "cell", y)
            y = self.attention(at + "encoder_attn", CONFIG["decoder_attention_heads"], y, x)
            y = self.feed_forward(at, y)
        return F.linear(y, self.w["model.shared.weight"]) + self.w["final_logits_bias"]


def shifted(y):
    return torch.cat([torch.tensor([START]), y[:-1]])


def save(case, name):
    config = torch.tensor(list(json.dumps(CONFIG).encode()), dtype=torch.uint8)
    case = {k: v.detach().float().contiguous() for k, v in case.items()}
    save_file(case | {"config": config}, ROOT / "transformer" / f"{name}.safetensors")


def write_gradients(seed):
    g = torch.Generator().manual_seed(seed)
    weights = random_weights(g)
    model = Model(weights)
    lengths = [(3, 5), (6, 2), (1, 1), (4, 7)]
    sources = [torch.randint(0, 16, (n,), generator=g) for n, _ in lengths]
    targets = [torch.randint(0, 16, (m,), generator=g) for _, m in lengths]
    logits = torch.cat([model.logits(x, shifted(y)) for x, y in zip(sources, targets)])
    target = torch.cat(targets)
    target[2] = -100
    loss = F.cross_entropy(logits, target, ignore_index=-100)
    loss.backward()
    case = {
        "loss": loss.reshape(1),
        "logits": logits,
        "log_probs": logits.log_softmax(-1),
        "source": torch.cat(sources),
        "input": torch.cat([shifted(y) for y in targets]),
        "output": target,
        "source_lengths": torch.tensor([n for n, _ in lengths]),
        "target_lengths": torch.tensor([m for _, m in lengths]),
    }
    case |= {"w/" + k: v for k, v in weights.items()}
    save(
        case | {"g/" + k: v.grad for k, v in weights.items() if v.requires_grad},
        "ragged_marian_ssru",
    )


def write_updates(seed, eps=1e-4):
    g = torch.Generator().manual_seed(seed)
    weights = random_weights(g)
    model = Model(weights)
    x, y = (torch.randint(0, 16, (3, n), generator=g) for n in (5, 4))
    case = {"source": x.reshape(-1), "output": y.reshape(-1)}
    case |= {"w/" + k: v.detach().clone() for k, v in weights.items()}
    trained = [v for v in weights.values() if v.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=0.01, betas=(0.9, 0.98), eps=eps)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        logits = torch.cat([model.logits(a, shifted(b)) for a, b in zip(x, y)])
        loss = F.cross_entropy(logits, y.reshape(-1))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    case |= {"losses": torch.tensor(losses), "eps": torch.tensor([eps])}
    save(case | {"a/" + k: v for k, v in weights.items()}, "adam_marian_ssru")


write_gradients(8)
write_updates(11)
