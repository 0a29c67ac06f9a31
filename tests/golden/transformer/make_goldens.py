"""Goldens of the `torch` and `marian` families, made with PyTorch 2.13 and transformers 5.23:
python make_goldens.py [DIR]

Each case is one .safetensors file: `config` (the JSON as bytes), inputs as float, masks, expected
loss and logits, `w/NAME` weights and `g/NAME` gradients. The Marian case holds weights before and
after five Adam updates.
"""

import json, math, pathlib, sys
import torch, torch.nn as nn
from safetensors.torch import save_file

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
torch.backends.mha.set_fastpath_enabled(False)
torch.set_default_dtype(
    torch.float64
)  # the goldens' own rounding must not blur the comparison; they are stored as float
VOCABULARY, D = 17, 8


class ByHand(nn.Module):
    """Embedding, sinusoids in even and odd columns, nn.Transformer, Linear, as tutorials do."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embedding = nn.Embedding(c["vocab_size"], c["d_model"])
        self.transformer = nn.Transformer(
            c["d_model"],
            c["nhead"],
            c["num_encoder_layers"],
            c["num_decoder_layers"],
            c["dim_feedforward"],
            0.0,
            activation=c["activation"],
            layer_norm_eps=c["layer_norm_eps"],
            batch_first=True,
            norm_first=c["norm_first"],
            bias=c["bias"],
        )
        self.fc = nn.Linear(c["d_model"], c["vocab_size"])

    def embed(self, ids):
        d = self.c["d_model"]
        angle = (
            torch.arange(ids.shape[1])[:, None]
            * torch.exp(torch.arange(0, d, 2).float() * (-math.log(10000.0) / d))
        ).double()  # in float, as tutorials do
        table = torch.zeros(ids.shape[1], d)
        table[:, 0::2], table[:, 1::2] = angle.sin(), angle.cos()
        return self.embedding(ids) * (math.sqrt(d) if self.c["scale_embedding"] else 1.0) + table

    def forward(self, src, tgt, **masks):
        return self.fc(self.transformer(self.embed(src), self.embed(tgt), **masks))


def randomize(model, seed):
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for w in (w for w in model.parameters() if w.requires_grad):  # not the table of sinusoids
            w.copy_(
                (
                    torch.randn(w.shape, generator=g) * (0.3 if w.dim() > 1 else 0.2)
                    + (0.5 if w.dim() == 1 and w.shape[0] == D else 0.0)
                ).float()
            )


def ids(g, *shape):
    return torch.randint(3, VOCABULARY, shape, generator=g)


def save(name, config, model, tensors, loss, logits):
    out = {
        "config": torch.tensor(list(json.dumps(config).encode()), dtype=torch.uint8),
        "loss": loss.detach().reshape(1),
        "logits": logits.detach(),
    }
    out |= {k: v.float() for k, v in tensors.items()}
    for k, w in model.named_parameters():
        out["w/" + k], out["g/" + k] = w.detach(), w.grad
    save_file(
        {
            k: v.contiguous() if v.dtype == torch.uint8 else v.float().contiguous()
            for k, v in out.items()
        },
        OUT / f"{name}.safetensors",
    )


def config(**changes):
    return (
        dict(
            model_type="torch-transformer",
            vocab_size=VOCABULARY,
            d_model=D,
            nhead=2,
            num_encoder_layers=2,
            num_decoder_layers=2,
            dim_feedforward=12,
            dropout=0.0,
            activation="relu",
            norm_first=False,
            layer_norm_eps=1e-5,
            bias=True,
            scale_embedding=False,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
        )
        | changes
    )


def ragged(name, seed, smoothing=0.0, **changes):
    """Sequences of different lengths, one at a time in PyTorch: rows without padding equal them."""
    c = config(**changes)
    model = ByHand(c)
    randomize(model, seed)
    g = torch.Generator().manual_seed(seed + 100)
    lengths = [(3, 5), (6, 2), (1, 1), (4, 7)]
    logits, targets, sources, inputs = [], [], [], []
    for n, m in lengths:
        src, tgt, out = ids(g, 1, n), ids(g, 1, m), ids(g, m)
        logits.append(model(src, tgt, tgt_mask=torch.ones(m, m, dtype=torch.bool).triu(1))[0])
        sources.append(src[0]), inputs.append(tgt[0]), targets.append(out)
    logits, targets = torch.cat(logits), torch.cat(targets)
    targets[2] = -100
    loss = nn.functional.cross_entropy(
        logits, targets, label_smoothing=smoothing, ignore_index=-100
    )
    loss.backward()
    save(
        name,
        c,
        model,
        {
            "source": torch.cat(sources),
            "input": torch.cat(inputs),
            "output": targets,
            "smoothing": torch.tensor([smoothing]),
            "source_lengths": torch.tensor([n for n, _ in lengths]),
            "target_lengths": torch.tensor([m for _, m in lengths]),
        },
        loss,
        logits,
    )


def padded(name, seed, masks, **changes):
    """A padded batch with masks as nn.Transformer takes them."""
    c = config(**changes)
    model = ByHand(c)
    randomize(model, seed)
    g = torch.Generator().manual_seed(seed + 100)
    n, ls, lt = 3, 5, 4
    src, tgt, out = ids(g, n, ls), ids(g, n, lt), ids(g, n, lt)
    given = masks(g, n, ls, lt, c["nhead"])
    logits = model(src, tgt, **{k: v for k, v in given.items() if k != "hint"}).reshape(n * lt, -1)
    loss = nn.functional.cross_entropy(logits, out.reshape(-1))
    loss.backward()
    tensors = {
        "source": src.reshape(-1),
        "input": tgt.reshape(-1),
        "output": out.reshape(-1),
        "smoothing": torch.tensor([0.0]),
        "source_lengths": torch.full((n,), ls),
        "target_lengths": torch.full((n,), lt),
    }
    for k, v in given.items():
        if torch.is_tensor(v):
            tensors[("bool/" if v.dtype == torch.bool else "add/") + k] = v
    save(name, c, model, tensors, loss, logits)


def causal(n):
    return torch.ones(n, n, dtype=torch.bool).triu(1)


def key_padding(n, length, keep):
    return torch.tensor([[j >= keep[i] for j in range(length)] for i in range(n)])


def as_float(mask):
    return torch.zeros(mask.shape).masked_fill(mask, float("-inf"))


def boolean_padding(g, n, ls, lt, heads):
    s, t = key_padding(n, ls, [5, 3, 1]), key_padding(n, lt, [4, 2, 3])
    return dict(
        tgt_mask=causal(lt),
        src_key_padding_mask=s,
        memory_key_padding_mask=s,
        tgt_key_padding_mask=t,
    )


def additive_everything(g, n, ls, lt, heads):
    r = lambda *shape: torch.randn(*shape, generator=g).float().double()
    return dict(
        src_mask=r(ls, ls),
        tgt_mask=as_float(causal(lt)) + r(lt, lt),
        memory_mask=r(lt, ls),
        src_key_padding_mask=r(n, ls),
        tgt_key_padding_mask=r(n, lt),
        memory_key_padding_mask=as_float(key_padding(n, ls, [5, 4, 2])),
    )


def boolean_masks(g, n, ls, lt, heads):
    keep = lambda a, b: (torch.rand(a, b, generator=g) < 0.4) & ~torch.eye(a, b, dtype=torch.bool)
    return dict(src_mask=keep(ls, ls), tgt_mask=keep(lt, lt), memory_mask=keep(lt, ls))


def per_head(g, n, ls, lt, heads):
    r = lambda a, b: torch.randn(n * heads, a, b, generator=g).float().double()
    return dict(src_mask=r(ls, ls), tgt_mask=r(lt, lt), memory_mask=r(lt, ls))


def no_masks(g, n, ls, lt, heads):
    return {}


def causal_hint(g, n, ls, lt, heads):  # in Ingot the hint alone; PyTorch wants the mask beside it
    return dict(tgt_mask=causal(lt), tgt_is_causal=True)


def adam_updates(name, seed, eps):
    """Five updates of torch.optim.Adam on one batch of a MarianMT model; dropout off.

    The gradient of a key bias is zero but for rounding (softmax does not see a constant), and Adam
    makes whole steps of whatever noise lies above eps. With the usual small eps those biases mean
    nothing and the test leaves them out; with eps 1e-4 every tensor is compared.
    """
    import transformers as t

    torch.manual_seed(seed)
    c = t.MarianConfig(
        vocab_size=VOCABULARY,
        decoder_vocab_size=VOCABULARY,
        d_model=D,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=12,
        decoder_ffn_dim=10,
        max_position_embeddings=32,
        dropout=0.0,
        activation_function="swish",
        scale_embedding=True,
        pad_token_id=VOCABULARY - 1,
        decoder_start_token_id=VOCABULARY - 1,
        eos_token_id=0,
        forced_eos_token_id=0,
        bos_token_id=None,
    )
    m = t.MarianMTModel(c).train()
    randomize(m, seed)
    g = torch.Generator().manual_seed(seed + 100)
    with torch.no_grad():
        m.model.shared.weight[VOCABULARY - 1].zero_()
        m.final_logits_bias.copy_(
            (0.3 * torch.randn(m.final_logits_bias.shape, generator=g)).float()
        )
    src, tgt = torch.randint(0, VOCABULARY - 1, (3, 5), generator=g), torch.randint(
        0, VOCABULARY - 1, (3, 4), generator=g
    )
    out = {
        "config": torch.tensor(list(json.dumps(c.to_dict()).encode()), dtype=torch.uint8),
        "source": src.reshape(-1).float(),
        "output": tgt.reshape(-1).float(),
    }
    names = lambda: {
        k: v.detach().clone()
        for k, v in m.state_dict().items()
        if "embed_positions" not in k and "embed_tokens" not in k and k != "lm_head.weight"
    }
    out |= {"w/" + k: v for k, v in names().items()}
    optimizer = torch.optim.Adam(m.parameters(), lr=0.01, betas=(0.9, 0.98), eps=eps)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = m(input_ids=src, attention_mask=torch.ones_like(src), labels=tgt).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    out |= {"a/" + k: v for k, v in names().items()} | {
        "losses": torch.tensor(losses),
        "eps": torch.tensor([eps]),
    }
    save_file(
        {
            k: v.contiguous() if v.dtype == torch.uint8 else v.float().contiguous()
            for k, v in out.items()
        },
        OUT / f"{name}.safetensors",
    )


ragged("ragged_post_relu", 1)
ragged("ragged_pre_gelu_nobias", 2, norm_first=True, activation="gelu", bias=False)
ragged(
    "ragged_post_gelu_scaled_smoothed", 3, smoothing=0.1, activation="gelu", scale_embedding=True
)
ragged("ragged_pre_relu", 4, norm_first=True)
padded("padded_boolean_key_padding", 5, boolean_padding)
padded("padded_additive_everything", 6, additive_everything, norm_first=True)
padded("padded_boolean_masks", 7, boolean_masks, activation="gelu")
padded("padded_per_head", 8, per_head, bias=False)
padded("padded_no_masks", 9, no_masks)
padded("padded_causal_hint", 10, causal_hint, norm_first=True, activation="gelu")
adam_updates("marian_adam", 11, 1e-9)
adam_updates("marian_adam_large_eps", 12, 1e-4)
