#!/usr/bin/env python3
"""Compares random models of every family with transformers (5.23), live:

    python bench/parity/families.py INGOT [--kinds KIND,...] [--seeds N] [--wrong]

Every kind is made in several sizes, each saved in float32, bfloat16 and float16, with N seeds.
transformers computes in float32 from the same rounded weights, a whole ragged batch at once.
Compared are, of random sentences:

- log-probabilities of random given tokens and of the greedy translation: within 1e-4, of encoder
  states by what the decoder makes of them (the command does not print them);
- ids of greedy search and of beam search with 4 beams, with --no-repeat-ngram-size 1 and without:
  equal;
- all of these for one and two threads and several sizes of batches: the same bytes.

The negative control, for one model of each kind: noise of 20% of its deviation in a tensor must
move a log-probability by more than 1e-4; every tensor in turn, but biases of keys, which softmax
does not see. --wrong spoils one tensor of each model: the comparison must fail. The kinds `torch`
are the module that PyTorch users write by hand, which transformers' generate() searches, too."""
import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings

import torch
import transformers as t
from safetensors.torch import load_file, save_file
from torch import nn
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

BOUND, LENGTH, SENTENCES = 1e-4, 32, 16
DTYPES = "float32", "bfloat16", "float16"
WAYS = [(1, 2048), (2, 2048), (1, 1), (2, 50)]  # threads, source tokens of a batch
SEARCHES = [(beams, ngram) for beams in (1, 4) for ngram in (0, 1)]

# d_model; layers, heads and widths of encoder and decoder; vocabulary; activation
SIZES = [
    dict(d=16, layers=(1, 2), heads=(2, 4), inner=(24, 40), vocabulary=61, activation="relu"),
    dict(d=48, layers=(2, 3), heads=(4, 4), inner=(96, 80), vocabulary=1000, activation="gelu"),
    dict(d=72, layers=(3, 1), heads=(9, 3), inner=(130, 200), vocabulary=517, activation="swish"),
]


def bart_like(model, config, **changes):
    def make(size):
        options = dict(
            vocab_size=size["vocabulary"], d_model=size["d"], max_position_embeddings=70,
            activation_function=size["activation"], scale_embedding=size["d"] == 48,
            attention_dropout=0.0, dropout=0.0, encoder_layers=size["layers"][0],
            decoder_layers=size["layers"][1], encoder_attention_heads=size["heads"][0],
            decoder_attention_heads=size["heads"][1], encoder_ffn_dim=size["inner"][0],
            decoder_ffn_dim=size["inner"][1], decoder_start_token_id=2)
        return model(config(**options | changes))

    return make


def marian_like(more_words=0, **changes):
    """more_words: of the target, which has a vocabulary of its own."""
    def make(size):
        pad = size["vocabulary"] - 1
        return bart_like(
            t.MarianMTModel, t.MarianConfig, decoder_vocab_size=pad + 1 + more_words,
            pad_token_id=pad, eos_token_id=0, forced_eos_token_id=0, decoder_start_token_id=pad,
            bos_token_id=None, **changes)(size)

    return make


def t5_like(model, config, own_head=False, **changes):
    def make(size):
        options = dict(
            vocab_size=size["vocabulary"], d_model=size["d"], d_ff=size["inner"][0],
            d_kv=size["d"] // size["heads"][0] + 3, num_heads=size["heads"][0],
            num_layers=size["layers"][0], num_decoder_layers=size["layers"][1], dropout_rate=0.0,
            decoder_start_token_id=0, relative_attention_num_buckets=8 + 4 * size["heads"][0],
            relative_attention_max_distance=48)
        made = model(config(**options | changes))
        if own_head:
            made.lm_head.weight = nn.Parameter(0.3 * torch.randn(made.lm_head.weight.shape))
        return made

    return make


class ByHandConfig(t.PretrainedConfig):
    model_type = "torch-transformer"


class ByHand(t.PreTrainedModel, t.GenerationMixin):
    """nn.Embedding, sinusoids in even and odd columns, nn.Transformer, nn.Linear."""

    config_class = ByHandConfig
    main_input_name = "input_ids"

    def __init__(self, config):
        super().__init__(config)
        c = self.config
        self.embedding = nn.Embedding(c.vocab_size, c.d_model)
        self.transformer = nn.Transformer(
            c.d_model, c.nhead, c.num_encoder_layers, c.num_decoder_layers, c.dim_feedforward, 0.0,
            activation=c.activation, layer_norm_eps=c.layer_norm_eps, norm_first=c.norm_first,
            bias=c.bias, batch_first=True)
        self.fc = nn.Linear(c.d_model, c.vocab_size)

    def embed(self, ids):
        d = self.config.d_model
        rates = torch.exp(torch.arange(0, d, 2) * (-math.log(10000.0) / d))
        angles = torch.arange(ids.shape[1])[:, None] * rates
        table = torch.stack([angles.sin(), angles.cos()], -1).reshape(len(angles), d)
        return self.embedding(ids) * (math.sqrt(d) if self.config.scale_embedding else 1) + table

    def encode(self, ids, mask):
        padding = mask == 0
        return BaseModelOutput(
            self.transformer.encoder(self.embed(ids), src_key_padding_mask=padding))

    def forward(self, input_ids=None, attention_mask=None, decoder_input_ids=None,
                encoder_outputs=None, **_):
        encoded = encoder_outputs or self.encode(input_ids, attention_mask)
        n = decoder_input_ids.shape[1]
        states = self.transformer.decoder(
            self.embed(decoder_input_ids), encoded[0],
            tgt_mask=torch.ones(n, n, dtype=torch.bool).triu(1),
            memory_key_padding_mask=attention_mask == 0)
        return Seq2SeqLMOutput(logits=self.fc(states))

    def prepare_inputs_for_generation(self, ids, attention_mask=None, encoder_outputs=None,
                                      **kwargs):
        return dict(decoder_input_ids=ids, attention_mask=attention_mask,
                    encoder_outputs=encoder_outputs)


def by_hand(**changes):
    def make(size):
        options = dict(
            vocab_size=size["vocabulary"], d_model=size["d"], nhead=size["heads"][0],
            num_encoder_layers=size["layers"][0], num_decoder_layers=size["layers"][1],
            dim_feedforward=size["inner"][0], dropout=0.0, norm_first=False, layer_norm_eps=1e-5,
            activation="gelu" if size["activation"] == "gelu" else "relu", bias=True,
            scale_embedding=size["d"] == 48, pad_token_id=0, bos_token_id=1, eos_token_id=2,
            decoder_start_token_id=1, is_encoder_decoder=True)
        return ByHand(ByHandConfig(**options | changes))

    return make


BART = t.BartForConditionalGeneration, t.BartConfig
PEGASUS = t.PegasusForConditionalGeneration, t.PegasusConfig
T5 = t.T5ForConditionalGeneration, t.T5Config
KINDS = {
    "marian": marian_like(),
    "marian-untied": marian_like(tie_word_embeddings=False),
    "marian-apart": marian_like(11, share_encoder_decoder_embeddings=False),
    "bart": bart_like(*BART),
    "bart-untied": bart_like(*BART, tie_word_embeddings=False),
    "mbart": bart_like(t.MBartForConditionalGeneration, t.MBartConfig, decoder_start_token_id=5),
    "m2m100": bart_like(t.M2M100ForConditionalGeneration, t.M2M100Config),
    "pegasus": bart_like(*PEGASUS, decoder_start_token_id=0),
    "t5": t5_like(*T5),
    "t5-v1_1": t5_like(*T5, True, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    "mt5": t5_like(t.MT5ForConditionalGeneration, t.MT5Config, True),
    "umt5": t5_like(t.UMT5ForConditionalGeneration, t.UMT5Config, feed_forward_proj="gated-silu"),
    "torch": by_hand(),
    "torch-pre-nobias": by_hand(norm_first=True, bias=False),
}


def randomize(model, seed):
    """Initial values (0.02, zeros, ones) are too bland to show a wrong bias or norm. With much
    larger ones attention enlarges rounding: PyTorch's own float32 is then 1e-3 from its float64."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for w in model.parameters():
            if w.dim() == 1:
                w.add_(0.1 * torch.randn(w.shape, generator=g))
            else:
                w.mul_(8 if w.std() < 0.03 else 1.5)
        for name, w in model.named_buffers():
            if name == "final_logits_bias":
                w.copy_(0.1 * torch.randn(w.shape, generator=g))


def save(model, directory, dtype):
    """Writes the model, and returns it as it is read again, in float32."""
    model.to(getattr(torch, dtype))
    if not isinstance(model, ByHand):
        model.generation_config.suppress_tokens = [model.config.pad_token_id]
        model.save_pretrained(directory)
        return type(model).from_pretrained(directory, dtype=torch.float32).eval()
    config = model.config.to_dict()
    directory.mkdir()
    (directory / "config.json").write_text(json.dumps(config))
    save_file({k: v.contiguous() for k, v in model.state_dict().items()},
              directory / "model.safetensors")
    return model.float().eval()


def padded(rows, pad):
    width = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    return ids, torch.tensor([[int(i < len(row)) for i in range(width)] for row in rows])


class Reference:
    """What transformers gives, for all sentences at once."""

    def __init__(self, model, sources):
        self.model, self.config = model, model.config
        ends = self.config.eos_token_id
        self.ends = ends if isinstance(ends, list) else [ends]
        self.sources = sources
        self.ids, self.mask = padded(sources, self.config.pad_token_id)
        # T5's cache has as many layers as the encoder; the module by hand has none.
        self.use_cache = hasattr(model.config, "encoder_layers")

    def strip(self, ids):
        ids = ids.tolist()[1:]
        for i, token in enumerate(ids):
            if token in self.ends:
                return ids[:i + 1]
        return ids

    @torch.no_grad()
    def search(self, beams, ngram):
        encoded = {}
        if isinstance(self.model, ByHand):
            encoded = dict(encoder_outputs=self.model.encode(self.ids, self.mask))
        rows = self.model.generate(
            **encoded, input_ids=self.ids, attention_mask=self.mask, do_sample=False,
            num_beams=beams, no_repeat_ngram_size=ngram, max_length=LENGTH + 1,
            use_cache=self.use_cache)
        return [self.strip(row) for row in rows]

    @torch.no_grad()
    def log_probs(self, targets):
        start = self.config.decoder_start_token_id
        inputs, _ = padded([[start] + row[:-1] for row in targets], self.config.pad_token_id)
        logits = self.model(
            input_ids=self.ids, attention_mask=self.mask, decoder_input_ids=inputs).logits
        every = logits.float().log_softmax(-1)
        return [[every[i, j, token].item() for j, token in enumerate(row)]
                for i, row in enumerate(targets)]


class Command:
    """What `ingot translate` gives; the bytes must not depend on threads and batches."""

    def __init__(self, program, directory, work):
        self.program, self.directory, self.work, self.runs = program, directory, work, 0

    def write(self, name, rows):
        path = self.work / name
        path.write_text("".join(" ".join(map(str, row)) + "\n" for row in rows))
        return path

    def lines(self, sources, arguments, ways=WAYS):
        outputs = set()
        for threads, tokens in ways:
            run = [self.program, "translate", "-m", self.directory, "--ids", "--ids-in", "--quiet",
                   "-i", self.write("source", sources), "--threads", threads, "--batch-tokens",
                   tokens, *arguments]
            done = subprocess.run([str(x) for x in run], capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr)
            outputs.add(done.stdout)
            self.runs += 1
        if len(outputs) > 1:
            raise RuntimeError(f"bytes depend on threads or batches: {arguments}")
        return outputs.pop().splitlines()

    def search(self, sources, beams, ngram):
        lines = self.lines(sources, ["--beam-size", beams, "--no-repeat-ngram-size", ngram,
                                     "--max-length", LENGTH])
        return [[int(x) for x in line.split()] for line in lines]

    def log_probs(self, sources, targets, ways=WAYS):
        lines = self.lines(sources, ["--score-target", self.write("target", targets)], ways)
        return [[float(x) for x in line.split()] for line in lines]


def worst(expected, found):
    """The largest difference, or infinity where the shape is another."""
    if [len(row) for row in expected] != [len(row) for row in found]:
        return math.inf
    differences = [abs(e - f) for row, other in zip(expected, found) for e, f in zip(row, other)]
    return max(x if x == x else math.inf for x in differences)


def spoiled(weights, name, seed):
    g = torch.Generator().manual_seed(seed)
    w = weights[name].float()
    noise = 0.2 * (w.std() if w.numel() > 1 else 1) * torch.randn(w.shape, generator=g)
    return weights | {name: (w + noise).to(weights[name].dtype)}


def tensor_names(weights):
    """Those that results depend on. Where tables are apart, nobody reads the one for all."""
    unread = "model.shared.weight" if "model.encoder.embed_tokens.weight" in weights else None
    return [name for name in weights if not name.endswith("k_proj.bias") and name != unread]


def unnoticed(command, sources, targets, expected):
    """The names of the tensors in which noise makes no difference; the number of all."""
    path = command.directory / "model.safetensors"
    weights = load_file(path)
    names, missed = tensor_names(weights), []
    for seed, name in enumerate(names):
        save_file(spoiled(weights, name, seed), path, metadata={"format": "pt"})
        found = command.log_probs(sources, targets, WAYS[:1])
        if worst(expected, found) <= BOUND:
            missed.append(name)
    save_file(weights, path, metadata={"format": "pt"})
    return missed, len(names)


def random_rows(draw, vocabulary, pad):
    """Without padding inside, which M2M-100 in transformers gives no position."""
    lengths = [1, 2] + [draw.randrange(1, 60) for _ in range(SENTENCES - 2)]
    words = [i for i in range(vocabulary) if i != pad]
    return [[draw.choice(words) for _ in range(n)] for n in lengths]


class Tally:
    def __init__(self):
        self.models = self.tokens = self.translations = self.runs = self.tensors = 0
        self.worst, self.problems = 0.0, []


def compare_model(tally, name, reference, command, draw):
    config = reference.config
    sources, targets = reference.sources, None
    for beams, ngram in SEARCHES:
        expected, found = reference.search(beams, ngram), command.search(sources, beams, ngram)
        targets = targets or expected
        tally.translations += len(expected)
        different = [i for i, row in enumerate(expected) if row != found[i]]
        if different:
            i = different[0]
            both = reference.log_probs([expected[i]] * SENTENCES)[i], reference.log_probs(
                [found[i]] * SENTENCES)[i]
            tally.problems.append(
                f"{name}: beams {beams}, ngram {ngram}: {len(different)} translations differ; "
                f"sentence {i}: {expected[i]} ({sum(both[0]):.6f}), {found[i]} "
                f"({sum(both[1]):.6f})")
    words = getattr(config, "decoder_vocab_size", None) or config.vocab_size
    for rows in (random_rows(draw, words, config.pad_token_id), targets):
        expected = reference.log_probs(rows)
        difference = worst(expected, command.log_probs(sources, rows))
        tally.worst = max(tally.worst, difference)
        tally.tokens += sum(map(len, rows))
        if difference > BOUND:
            tally.problems.append(f"{name}: log-probabilities differ by {difference:.1e}")
    return rows, expected


def spoil_one(directory, draw, seed):
    path = directory / "model.safetensors"
    weights = load_file(path)
    save_file(spoiled(weights, draw.choice(tensor_names(weights)), seed), path,
              metadata={"format": "pt"})


def compare_made(a, tally, kind, seed, number, dtype):
    """One model: of a kind, a seed, the size of this number, and a type of its file."""
    name = f"{kind}, seed {seed}, size {number}, {dtype}"
    torch.manual_seed(seed)
    made = KINDS[kind](SIZES[number])
    randomize(made, seed)
    draw = random.Random(f"{kind} {seed} {number}")
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder) / "model"
        model = save(made, directory, dtype)
        sources = random_rows(draw, SIZES[number]["vocabulary"], model.config.pad_token_id)
        reference = Reference(model, sources)
        command = Command(a.ingot, directory, pathlib.Path(folder))
        if a.wrong:
            spoil_one(directory, draw, seed)
        try:
            rows, expected = compare_model(tally, name, reference, command, draw)
            if not a.wrong and (seed, number, dtype) == (1, 1, "float32"):
                missed, tally.tensors = unnoticed(command, sources, rows, expected)
                tally.problems += [f"{name}: unnoticed: {m}" for m in missed]
        except RuntimeError as error:
            tally.problems.append(f"{name}: {error}")
        tally.models += 1
        tally.runs += command.runs


def compare_kind(a, kind):
    tally = Tally()
    for seed in range(1, a.seeds + 1):
        for number in range(len(SIZES)):
            for dtype in DTYPES:
                compare_made(a, tally, kind, seed, number, dtype)
    return tally


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("ingot")
    p.add_argument("--kinds", default=",".join(KINDS))
    p.add_argument("--seeds", type=int, default=2)
    p.add_argument("--wrong", action="store_true")
    a = p.parse_args()
    warnings.filterwarnings("ignore", message="enable_nested_tensor")
    t.logging.set_verbosity_error()
    t.logging.disable_progress_bar()
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)
    bad = False
    for kind in a.kinds.split(","):
        tally = compare_kind(a, kind)
        bad = bad or bool(tally.problems)
        print(f"{kind}: {tally.models} models, {tally.translations} translations, {tally.tokens} "
              f"log-probabilities at most {tally.worst:.1e} apart, {tally.runs} runs, noise in "
              f"{tally.tensors} tensors; {len(tally.problems)} problems", flush=True)
        for problem in tally.problems[:10]:
            print(f"  {problem}", flush=True)
    print("different" if bad else "equal")
    return bad


if __name__ == "__main__":
    sys.exit(main())
