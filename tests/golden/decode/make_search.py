"""Writes search.txt: what transformers' generate() finds on a toy model, for
tests/unit/decode_search.c. Run: python make_search.py > search.txt

The toy's logits are a hash of (sentence, position, last two tokens, token): exact in float32, the
same here and in the test. A case is `case` and its options, then n_best lines a sentence: score and
ids. Made with transformers 5.23.0, torch 2.13.
"""

import torch
from transformers import GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

M = 0xFFFFFFFF


def mix(h, x):
    h = ((h ^ x) * 0x9E3779B1) & M
    return h ^ (h >> 15)


def logit(sentence, position, before, last, token, eos):
    h = 0x12345678
    for x in (sentence, position, before, last, token):
        h = mix(h, x)
    # sharpened towards few tokens; the end becomes likelier with the length
    value = (h >> 8 & 0xFFFF) / 65536.0 * 6.0
    return value + (position * 0.5 if token == eos else 0.0)


class Config(PretrainedConfig):
    model_type = "toy"


class Toy(PreTrainedModel, GenerationMixin):
    config_class = Config
    main_input_name = "input_ids"

    def __init__(self, config):
        super().__init__(config)
        self.p = torch.nn.Parameter(torch.zeros(1))
        self.sentence = 0

    def forward(self, input_ids, **kw):
        rows = []
        for ids in input_ids.tolist():
            before = ids[-2] if len(ids) > 1 else 0
            rows.append(
                [
                    logit(self.sentence, len(ids) - 1, before, ids[-1], t, self.config.eos)
                    for t in range(self.config.v)
                ]
            )
        return CausalLMOutput(logits=torch.tensor(rows, dtype=torch.float32)[:, None, :])


# What further cases ask besides: end tokens after 2, and tokens forced beside those of the case.
# Beams that are forced to several ends tie, and torch.topk promises no order of equals: that case
# is greedy.
NOTHING = ([], [], [])
# vocab, beam, n_best, min, max, length_penalty, early, ngram, repetition, renormalize, forced_bos,
# forced_eos, bad words
CASES = [
    (50, 1, 1, 0, 20, 1.0, "false", 0, 1.0, 0, -1, -1, []),
    (50, 1, 1, 0, 20, 1.0, "false", 2, 1.5, 0, 7, 2, [[5]]),
    (50, 1, 1, 12, 12, 1.0, "false", 0, 1.0, 0, -1, -1, []),
    (50, 4, 4, 0, 20, 1.0, "false", 0, 1.0, 0, -1, -1, []),
    (300, 4, 4, 0, 20, 1.0, "false", 0, 1.0, 0, -1, -1, []),
    (300, 4, 4, 0, 20, 1.0, "true", 0, 1.0, 0, -1, -1, []),
    (300, 4, 4, 0, 20, 1.0, "never", 0, 1.0, 0, -1, -1, []),
    (300, 4, 4, 0, 20, 0.2, "never", 0, 1.0, 0, -1, -1, []),
    (300, 3, 2, 0, 20, 0.0, "false", 0, 1.0, 0, -1, -1, []),
    (300, 5, 5, 0, 15, 2.0, "false", 0, 1.0, 0, -1, -1, []),
    (300, 2, 1, 0, 15, -1.0, "false", 0, 1.0, 0, -1, -1, []),
    (60, 4, 4, 0, 16, 1.0, "false", 1, 1.0, 0, -1, -1, []),
    (20, 4, 4, 0, 16, 1.0, "false", 2, 1.0, 0, -1, -1, []),
    (20, 4, 4, 0, 16, 1.0, "false", 3, 1.0, 1, -1, -1, []),
    (60, 4, 4, 0, 16, 1.0, "false", 0, 1.3, 0, -1, -1, []),
    (60, 4, 4, 0, 16, 1.0, "false", 0, 1.3, 1, -1, -1, []),
    (60, 4, 4, 0, 16, 1.0, "false", 0, 1.0, 1, -1, 2, [[3]]),
    (60, 4, 4, 0, 16, 1.0, "false", 0, 1.0, 0, 9, 2, [[3], [11, 12], [13, 14, 15]]),
    (60, 4, 4, 9, 9, 1.0, "false", 0, 1.0, 0, -1, -1, []),
    (60, 4, 4, 6, 12, 1.0, "true", 0, 1.0, 0, -1, 2, []),
    (60, 6, 6, 0, 4, 1.0, "false", 0, 1.0, 0, -1, -1, []),
    (60, 4, 4, 0, 1, 1.0, "false", 0, 1.0, 0, -1, -1, []),
]
LISTS = [
    ((50, 1, 1, 0, 20, 1.0, "false", 0, 1.0, 0, -1, -1, []), ([15], [], [])),
    ((50, 1, 1, 5, 20, 1.0, "false", 0, 1.0, 0, -1, -1, [[7]]), ([15, 21, 30], [], [])),
    ((60, 4, 4, 0, 16, 1.0, "false", 0, 1.0, 0, -1, -1, []), ([36], [], [])),
    ((60, 4, 4, 0, 16, 1.0, "true", 0, 1.0, 0, -1, -1, []), ([36, 17, 5, 40], [], [])),
    ((60, 4, 4, 8, 16, 0.5, "never", 0, 1.0, 1, -1, 2, [[3], [9]]), ([17, 42, 30], [], [17])),
    ((60, 5, 5, 0, 6, 1.0, "false", 0, 1.0, 0, 9, 2, []), ([33, 4], [20, 30], [])),
    ((60, 1, 1, 0, 6, 1.0, "false", 0, 1.0, 0, 9, 40, []), ([33, 4], [], [50, 5])),
]
SENTENCES = 6

for c, (ends, first, last) in [(c, NOTHING) for c in CASES] + LISTS:
    v, beam, n, least, most, lp, early, ngram, rep, renorm, fbos, feos, bad = c
    words = " ".join(",".join(map(str, w)) for w in bad)
    lists = [f"{name} {','.join(map(str, l))}" for name, l in
             (("ends", ends), ("first", first), ("last", last)) if l]
    print("case", v, beam, n, least, most, lp, early, ngram, rep, renorm, fbos, feos, len(bad),
          " ".join([words] + lists))
    toy = Toy(Config(v=v, eos=2))
    g = GenerationConfig(
        num_beams=beam,
        num_return_sequences=n,
        max_length=most + 1,
        length_penalty=lp,
        no_repeat_ngram_size=ngram,
        early_stopping={"false": False, "true": True, "never": "never"}[early],
        repetition_penalty=rep,
        do_sample=False,
        renormalize_logits=bool(renorm),
        eos_token_id=[2] + ends,
        pad_token_id=0,
        bos_token_id=1,
        use_cache=False,
        min_length=least + 1 if least else 0,
        forced_bos_token_id=None if fbos < 0 else [fbos] + first if first else fbos,
        forced_eos_token_id=None if feos < 0 else [feos] + last,
        bad_words_ids=bad or None,
        return_dict_in_generate=True,
        output_scores=True,
    )
    for toy.sentence in range(SENTENCES):
        o = toy.generate(
            torch.tensor([[1]]),
            attention_mask=torch.ones(1, 1, dtype=torch.long),
            generation_config=g,
        )
        for k, s in enumerate(o.sequences.tolist()):
            s = s[1:]
            for i, token in enumerate(s):
                if token in [2] + ends:
                    s = s[: i + 1]
                    break
            print(f"{o.sequences_scores[k].item() if beam > 1 else 0:.6f}", *s)
