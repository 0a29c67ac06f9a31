"""What transformers 5.23 generates with the model of ../marian_tiny when its settings stand in
generation_config.json, in config.json, in both or in lists: python make_goldens.py

Each directory gets config.json, generation_config.json unless there is none, and expected.ids: of
the first eight lines of ../marian_tiny/source.ids, target ids up to the first end.
"""

import json, pathlib, shutil, tempfile
import torch, transformers as t

HERE = pathlib.Path(__file__).parent
TINY = HERE.parent / "marian_tiny"
CONFIG = json.load(open(TINY / "config.json"))
IDS = {
    "decoder_start_token_id": 60,
    "eos_token_id": 0,
    "forced_eos_token_id": 0,
    "pad_token_id": 60,
}
BEAM = {"num_beams": 4, "max_length": 20}


def without(d, *keys):
    return {k: v for k, v in d.items() if k not in keys}


# name: (config.json, generation_config.json or None, what Ingot reads as a number: keys whose value
# is put into a list once transformers, which would stop, has generated)
CASES = {
    # Before 4.26 all settings stood in config.json.
    "in_config": (
        {**CONFIG, **BEAM, "no_repeat_ngram_size": 2, "length_penalty": 0.3, "early_stopping": True,
         "bad_words_ids": [[60], [5, 6], [0]], "forced_bos_token_id": 9},
        None, [],
    ),
    # transformers forces no end that the file does not name.
    "in_config_short": ({**without(CONFIG, "forced_eos_token_id"), "max_length": 5}, None, []),
    "in_config_bart": (
        {**CONFIG, "max_length": 20, "bos_token_id": 17, "force_bos_token_to_be_generated": True},
        None, [],
    ),
    # Where generation_config.json exists, the other keys of config.json do not count.
    "left_out": (
        {**CONFIG, **BEAM, "no_repeat_ngram_size": 1, "min_length": 12},
        {**IDS, "max_length": 20}, [],
    ),
    "lists": (
        CONFIG,
        {**IDS, **BEAM, "forced_eos_token_id": [0], "decoder_start_token_id": [60],
         "eos_token_id": [0], "forced_bos_token_id": [3]},
        ["num_beams", "max_length"],
    ),
    "suppressed": (
        CONFIG, {**IDS, **BEAM, "suppress_tokens": [9, 38, 55], "begin_suppress_tokens": [11, 6],
                 "bad_words_ids": [[60]]}, [],
    ),
    "suppressed_after_forced": (
        CONFIG, {**IDS, "max_length": 20, "forced_bos_token_id": 9, "repetition_penalty": 1.5,
                 "begin_suppress_tokens": [9, 38, 46]}, [],
    ),
    "two_ends": (CONFIG, {**IDS, **BEAM, "eos_token_id": [0, 7, 13]}, []),
    "two_ends_greedy": (
        {**CONFIG, "eos_token_id": [0, 7, 13], "max_length": 20, "min_length": 4}, None, [],
    ),
    "two_forced_ends": (
        CONFIG, {**IDS, "num_beams": 3, "max_length": 6, "forced_eos_token_id": [7, 0]}, [],
    ),
}


def generate(directory, ends):
    model = t.MarianMTModel.from_pretrained(directory).eval()
    lines = []
    for line in (TINY / "source.ids").read_text().splitlines()[:8]:
        ids = torch.tensor([[int(x) for x in line.split()]])
        row = model.generate(ids, attention_mask=torch.ones_like(ids))[0].tolist()[1:]
        for i, token in enumerate(row):
            if token in ends:
                row = row[: i + 1]
                break
        lines.append(" ".join(map(str, row)) + "\n")
    return "".join(lines)


for name, (config, generation, listed) in CASES.items():
    out = HERE / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    json.dump(config, open(out / "config.json", "w"), indent=1)
    settings = config
    if generation:
        settings = generation
        json.dump(generation, open(out / "generation_config.json", "w"), indent=1)
    ends = settings["eos_token_id"]
    with tempfile.TemporaryDirectory() as d:
        for f in out.glob("*.json"):
            shutil.copy(f, d)
        shutil.copy(TINY / "model.safetensors", d)
        (out / "expected.ids").write_text(generate(d, ends if isinstance(ends, list) else [ends]))
    if listed:
        changed = {k: [v] if k in listed else v for k, v in generation.items()}
        json.dump(changed, open(out / "generation_config.json", "w"), indent=1)
