"""What an ensemble of two MarianMT models says by transformers 5.23: python make_goldens.py [DIR]

The first model is ../marian_tiny; the second, other/, has other sizes and starts its decoder from
another token. Both read ../marian_tiny/source.ids. Their next-token probabilities are combined in
PyTorch and handed to transformers' own greedy and beam search as one model: MEAN is `arithmetic`
(log of the mean of probabilities) or `geometric` (mean of log-probabilities, not normalised again);
weights follow it where they are not equal. MEAN.greedy: target ids. MEAN.nbest: the 3 best
of beam 4, "score<TAB>ids". MEAN.lengths: 6 to 9 tokens, beam 3. MEAN.log_probs: of each token of
the greedy translations.
"""

import pathlib, sys
import torch, transformers as t
from transformers.modeling_outputs import CausalLMOutput

HERE = pathlib.Path(__file__).parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE)
V, PAD, START = 61, 60, 59


def train_other():
    torch.manual_seed(14)
    config = t.MarianConfig(
        vocab_size=V,
        decoder_vocab_size=V,
        d_model=12,
        encoder_layers=1,
        decoder_layers=3,
        encoder_attention_heads=3,
        decoder_attention_heads=2,
        encoder_ffn_dim=20,
        decoder_ffn_dim=28,
        max_position_embeddings=48,
        dropout=0.0,
        activation_function="relu",
        scale_embedding=True,
        pad_token_id=PAD,
        decoder_start_token_id=START,
        eos_token_id=0,
        forced_eos_token_id=0,
        bos_token_id=None,
        init_std=0.2,
    )
    model = t.MarianMTModel(config)
    g = torch.Generator().manual_seed(15)
    model.final_logits_bias[0, PAD] = -30.0
    optimizer = torch.optim.Adam(model.parameters(), lr=0.006)
    for step in range(500):
        n = 2 + step % 9
        x = torch.randint(1, START, (64, n), generator=g)
        end = torch.zeros(64, 1, dtype=torch.long)
        loss = model(input_ids=torch.cat([x, end], 1), labels=torch.cat([x.flip(1), end], 1)).loss
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    model.save_pretrained(OUT / "other")


train_other()
torch.set_grad_enabled(False)
MODELS = [
    t.MarianMTModel.from_pretrained(p).eval() for p in (HERE.parent / "marian_tiny", OUT / "other")
]
SOURCES = [
    [int(x) for x in line.split()]
    for line in (HERE.parent / "marian_tiny/source.ids").read_text().splitlines()
]


def log_probs(mean, weights, source, ids):
    """ids (rows, length), the first model's start token first -> (rows, length, V)"""
    members = []
    for model in MODELS:
        its = ids.clone()
        its[:, 0] = model.config.decoder_start_token_id
        logits = model(
            input_ids=torch.tensor([source]).expand(len(ids), -1), decoder_input_ids=its
        ).logits
        members.append(logits.double().log_softmax(-1))
    if mean == "geometric":
        return sum(w * m for w, m in zip(weights, members))
    return sum(w * m.exp() for w, m in zip(weights, members)).log()


class Config(t.PretrainedConfig):
    model_type = "ensemble"


class Ensemble(t.PreTrainedModel, t.GenerationMixin):
    """A model over V + 1 tokens. Beam search takes a log_softmax of what it is given: the last
    token has the probability that is left, so that the others keep theirs where they do not sum to
    1. It is banned after the log_softmax."""

    config_class = Config
    main_input_name = "input_ids"

    def __init__(self, config):
        super().__init__(config)
        self.p = torch.nn.Parameter(torch.zeros(1))

    def forward(self, input_ids, **kw):
        rows = log_probs(self.mean, self.weights, self.source, input_ids)[:, -1]
        rest = (1 - rows.exp().sum(-1, keepdim=True)).clamp(min=1e-300).log()
        return CausalLMOutput(logits=torch.cat([rows, rest], -1)[:, None, :])


class BanRest(t.LogitsProcessor):
    def __call__(self, input_ids, scores):
        scores = scores.clone()
        scores[:, V] = -float("inf")
        return scores


def generate(mean, weights, source, beams, n, **options):
    ensemble = Ensemble(Config(vocab_size=V + 1))
    ensemble.mean, ensemble.weights, ensemble.source = mean, weights, source
    g = t.GenerationConfig(
        num_beams=beams,
        num_return_sequences=n,
        do_sample=False,
        eos_token_id=0,
        pad_token_id=PAD,
        bos_token_id=None,
        use_cache=False,
        forced_eos_token_id=0,
        bad_words_ids=None,
        return_dict_in_generate=True,
        output_scores=True,
        **{"max_length": 33, **options},
    )
    start = torch.tensor([[PAD]])
    o = ensemble.generate(
        start,
        attention_mask=torch.ones_like(start),
        generation_config=g,
        logits_processor=t.LogitsProcessorList([BanRest()]),
    )
    for k, ids in enumerate(o.sequences.tolist()):
        ids = ids[1:]
        yield (o.sequences_scores[k].item() if beams > 1 else 0), (
            ids[: ids.index(0) + 1] if 0 in ids else ids
        )


def write(name, lines):
    (OUT / name).write_text("".join(line + "\n" for line in lines))


def text(ids):
    return " ".join(map(str, ids))


for name, mean, weights in [
    ("arithmetic", "arithmetic", (0.5, 0.5)),
    ("geometric", "geometric", (0.5, 0.5)),
    ("arithmetic-1-4", "arithmetic", (0.2, 0.8)),
    ("geometric-3-1", "geometric", (0.75, 0.25)),
]:
    greedy = [next(generate(mean, weights, s, 1, 1))[1] for s in SOURCES]
    write(f"{name}.greedy", map(text, greedy))
    write(
        f"{name}.nbest",
        (
            f"{score:.6f}\t{text(ids)}"
            for s in SOURCES
            for score, ids in generate(mean, weights, s, 4, 3)
        ),
    )
    write(
        f"{name}.lengths",
        (
            text(ids)
            for s in SOURCES
            for _, ids in generate(mean, weights, s, 3, 1, min_length=7, max_length=10)
        ),
    )
    lines = []
    for s, ids in zip(SOURCES, greedy):
        rows = log_probs(mean, weights, s, torch.tensor([[PAD] + ids[:-1]]))[0]
        lines.append(" ".join(f"{rows[i, v]:.6f}" for i, v in enumerate(ids)))
    write(f"{name}.log_probs", lines)
