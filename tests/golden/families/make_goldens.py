"""Small seeded, barely trained models of one family and what transformers 5.23 does with them:
python make_goldens.py FAMILY [FOLDER]      FAMILY: a key of FAMILIES; FOLDER: that of all goldens

FAMILY_tiny/source.ids: source token ids, one sentence a line. greedy.ids, beam4.ids: target ids
with the end token. log_probs.txt: log-probability of each token of greedy.ids.
transformer/ragged_FAMILY.safetensors, in double: loss, logits and every gradient of sequences of
different lengths. transformer/adam_FAMILY.safetensors: five updates of torch.optim.Adam.
"""

import json, pathlib, sys
import torch, torch.nn as nn, transformers as t
from safetensors.torch import save_file

FAMILY = sys.argv[1]
ROOT = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else pathlib.Path(__file__).parent.parent)
OUT = ROOT / f"{FAMILY}_tiny"
V, LANGUAGE = 61, 57

BART = dict(
    d_model=16,
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=2,
    decoder_attention_heads=4,
    encoder_ffn_dim=32,
    decoder_ffn_dim=24,
    max_position_embeddings=34,
    dropout=0.0,
    attention_dropout=0.0,
    encoder_layerdrop=0.0,
    decoder_layerdrop=0.0,
    init_std=0.2,
)
BART_SMALL = dict(
    vocab_size=17, decoder_start_token_id=3, d_model=8, encoder_ffn_dim=12, decoder_ffn_dim=10
)
# Heads have a size of their own, and the distances of the longest sentences share buckets.
T5 = dict(
    d_model=16,
    d_kv=6,
    d_ff=24,
    num_layers=3,
    num_decoder_layers=2,
    num_heads=3,
    relative_attention_num_buckets=12,
    relative_attention_max_distance=20,
    dropout_rate=0.0,
    decoder_start_token_id=0,
)
T5_SMALL = dict(
    vocab_size=17,
    d_model=8,
    d_kv=3,
    d_ff=10,
    relative_attention_num_buckets=4,
    relative_attention_max_distance=5,
)
GATED = dict(feed_forward_proj="gated-gelu")


class Family:
    def __init__(self, model, config, options, forced=None, own_head=False):
        t5 = "T5" in model.__name__
        self.model, self.config, self.options = model, config, options
        self.forced = forced  # the language that has to come first
        self.own_head = own_head  # not tied to the embedding
        self.end = 1 if t5 else 2
        self.small = T5_SMALL if t5 else BART_SMALL
        # Adam's first step is lr g / (|g| + eps), whose slope is lr eps / (|g| + eps)^2. In t5_v1_1
        # wi_0 of the encoder's first layer has a gradient of 1.31e-5 that float32 rounds by 5.7e-8:
        # with eps 1e-4 (slope 78) its weight is 4.5e-6 off, and after five updates PyTorch's
        # float32 is up to 4.6e-5 (of a tensor's largest value) from its own float64, Ingot 1.5e-5.
        # With eps 1e-3 (slope 9.7) PyTorch's is 2.6e-6 off, and a bound of 1e-5 means something.
        self.eps = 1e-3 if t5 else 1e-4
        self.smooth = {} if t5 else dict(activation_function="gelu_new")


FAMILIES = {
    "bart": Family(t.BartForConditionalGeneration, t.BartConfig, BART),
    "mbart": Family(
        t.MBartForConditionalGeneration,
        t.MBartConfig,
        BART | dict(scale_embedding=True, decoder_start_token_id=LANGUAGE),
    ),
    "m2m_100": Family(t.M2M100ForConditionalGeneration, t.M2M100Config, BART, LANGUAGE),
    "t5": Family(t.T5ForConditionalGeneration, t.T5Config, T5),
    "t5_v1_1": Family(
        t.T5ForConditionalGeneration,
        t.T5Config,
        T5 | GATED | dict(tie_word_embeddings=False),
        own_head=True,
    ),
    "mt5": Family(
        t.MT5ForConditionalGeneration,
        t.MT5Config,
        T5 | dict(feed_forward_proj="gated-silu"),
        own_head=True,
    ),
    "umt5": Family(t.UMT5ForConditionalGeneration, t.UMT5Config, T5 | GATED),
}
FAMILY_OF = FAMILIES[FAMILY]
END, FORCED = FAMILY_OF.end, FAMILY_OF.forced


def make(g, **changes):
    """Norms, biases and the constant on the logits have values that a mistake would show."""
    options = dict(vocab_size=V) | FAMILY_OF.options | changes
    model = FAMILY_OF.model(FAMILY_OF.config(**options))
    if FAMILY_OF.own_head:
        shape = model.lm_head.weight.shape
        model.lm_head.weight = nn.Parameter(0.2 * torch.randn(shape, generator=g))
    bias = getattr(model, "final_logits_bias", None)
    with torch.no_grad():
        for w in (w for w in model.parameters() if w.dim() == 1):
            w.add_(0.2 * torch.randn(w.shape, generator=g))
        if bias is not None:
            bias.copy_(0.2 * torch.randn(bias.shape, generator=g))
    return model


def trained(g):
    """A little training on "reverse the sentence", so that the model is undecided."""
    model = make(g)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
    for step in range(300):
        n = 2 + step % 9
        x = torch.randint(END + 1, V, (64, n), generator=g)
        end = torch.full((64, 1), END)
        y = torch.cat([x.flip(1), end], 1)
        if FORCED is not None:
            y = torch.cat([torch.full((64, 1), FORCED), y], 1)
        loss = loss_of(model, torch.cat([x, end], 1), y)
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    return model.eval()


def shifted(model, y):
    """The decoder's input: what it starts with, and all but the last token."""
    start = torch.full((len(y), 1), model.config.decoder_start_token_id)
    return torch.cat([start, y[:, :-1]], 1)


def logits_of(model, x, y):
    return model(
        input_ids=x, attention_mask=torch.ones_like(x), decoder_input_ids=shifted(model, y)
    ).logits


def loss_of(model, x, y):
    return nn.functional.cross_entropy(logits_of(model, x, y).transpose(1, 2), y)


def strip(ids):
    ids = ids.tolist()[1:]
    while ids and ids[-1] == model.config.pad_token_id:
        ids.pop()
    return " ".join(map(str, ids)) + "\n"


def write_tokens(model, sentences):
    for name, beams in ("greedy.ids", 1), ("beam4.ids", 4):
        rows = [
            model.generate(
                torch.tensor([s]),
                attention_mask=torch.ones(1, len(s), dtype=torch.long),
                do_sample=False,
                max_length=33,
                num_beams=beams,
            )[0]
            for s in sentences
        ]
        (OUT / name).write_text("".join(map(strip, rows)))


def write_log_probs(model, sentences):
    with open(OUT / "log_probs.txt", "w") as f:
        for s, line in zip(sentences, (OUT / "greedy.ids").read_text().splitlines()):
            y = torch.tensor([[int(x) for x in line.split()]])
            lp = logits_of(model, torch.tensor([s]), y).log_softmax(-1)
            f.write(" ".join(f"{lp[0, i, v]:.6f}" for i, v in enumerate(y[0].tolist())) + "\n")


def config_bytes(model):
    options = model.config.to_dict()
    if FAMILY_OF.own_head:
        options["tie_word_embeddings"] = False  # transformers 5 goes by the file alone
    return torch.tensor(list(json.dumps(options).encode()), dtype=torch.uint8)


def values_of(model, prefix):
    return {prefix + k: v.detach().clone() for k, v in model.named_parameters()} | {
        prefix + k: v.clone() for k, v in model.named_buffers() if k == "final_logits_bias"
    }


def save(case, name):
    save_file(
        {k: (v if v.dtype == torch.uint8 else v.float()).contiguous() for k, v in case.items()},
        ROOT / "transformer" / f"{name}.safetensors",
    )


def write_gradients(seed):
    """Sequences one at a time in PyTorch: rows without padding equal them."""
    torch.set_default_dtype(torch.float64)
    g = torch.Generator().manual_seed(seed)
    model = make(g, **FAMILY_OF.small, **FAMILY_OF.smooth).double()
    with torch.no_grad():  # weights are stored as float
        for w in [*model.parameters(), *model.buffers()]:
            w.copy_(w.float())
    lengths = [(3, 5), (6, 2), (1, 1), (4, 7)]
    sources = [torch.randint(2, 17, (n,), generator=g) for n, _ in lengths]
    targets = [torch.randint(2, 17, (m,), generator=g) for _, m in lengths]
    pairs = [(x[None], y[None]) for x, y in zip(sources, targets)]
    logits = torch.cat([logits_of(model, x, y)[0] for x, y in pairs])
    target = torch.cat(targets)
    target[2] = -100
    loss = nn.functional.cross_entropy(logits, target, ignore_index=-100)
    loss.backward()
    case = {
        "config": config_bytes(model),
        "loss": loss.detach().reshape(1),
        "logits": logits.detach(),
        "source": torch.cat(sources),
        "input": torch.cat([shifted(model, y)[0] for _, y in pairs]),
        "output": target,
        "source_lengths": torch.tensor([n for n, _ in lengths]),
        "target_lengths": torch.tensor([m for _, m in lengths]),
    }
    case |= values_of(model, "w/") | {"g/" + k: w.grad for k, w in model.named_parameters()}
    save(case, f"ragged_{FAMILY}")
    torch.set_default_dtype(torch.float32)


def write_updates(seed):
    """An eps above the noise in the gradients of key biases: transformer/make_goldens.py."""
    g = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = make(g, **FAMILY_OF.small).train()
    x, y = (torch.randint(2, 17, (3, n), generator=g) for n in (5, 4))
    case = {"config": config_bytes(model), "source": x.reshape(-1), "output": y.reshape(-1)}
    case |= values_of(model, "w/")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, betas=(0.9, 0.98), eps=FAMILY_OF.eps)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = loss_of(model, x, y)
        loss.backward(), optimizer.step()
        losses.append(loss.item())
    case |= {"losses": torch.tensor(losses), "eps": torch.tensor([FAMILY_OF.eps])}
    save(case | values_of(model, "a/"), f"adam_{FAMILY}")


torch.set_num_threads(1)
torch.manual_seed(4)
g = torch.Generator().manual_seed(5)
model = trained(g)
if FORCED is not None:
    model.generation_config.forced_bos_token_id = FORCED
model.save_pretrained(OUT)
sentences = [
    [torch.randint(END + 1, V, (1,), generator=g).item() for _ in range(n)] + [END]
    for n in [1, 2, 3, 4, 5, 6, 7, 9, 12, 15, 20, 30] * 5
]
(OUT / "source.ids").write_text("".join(" ".join(map(str, s)) + "\n" for s in sentences))
with torch.no_grad():
    write_tokens(model, sentences)
    write_log_probs(model, sentences)
write_gradients(8)
write_updates(11)
