#!/usr/bin/env python3
"""Compares `ingot translate --alternatives` with transformers on random models: the likeliest
tokens after a prefix of the target, each completed by greedy and by beam search.

Usage: alternatives.py INGOT [--wrong]

Of each of four families a model, eight sources, prefixes of none and of two tokens, three and five
alternatives. Ids must be those of transformers' generate, which gets prefix and token, and scores
within 1e-4. --wrong is the negative control: Ingot gets another prefix, and ids must differ."""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests/golden/generation_options"))
from alternatives import alternatives  # noqa: E402

SMALL = dict(d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
             decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64,
             max_position_embeddings=64, dropout=0.0, vocab_size=120, init_std=0.4)
KINDS = {
    "marian": lambda: transformers.MarianMTModel(transformers.MarianConfig(
        activation_function="swish", pad_token_id=119, eos_token_id=0, forced_eos_token_id=0,
        decoder_start_token_id=119, decoder_vocab_size=120, **SMALL)),
    "bart": lambda: transformers.BartForConditionalGeneration(transformers.BartConfig(**SMALL)),
    "pegasus": lambda: transformers.PegasusForConditionalGeneration(
        transformers.PegasusConfig(**SMALL)),
    "t5": lambda: transformers.T5ForConditionalGeneration(transformers.T5Config(
        vocab_size=120, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
        decoder_start_token_id=0, dropout_rate=0.0, initializer_factor=1.0)),
}
MOST = 16


def ours(ingot, directory, sources, prefix, count, beams):
    text = "".join(" ".join(map(str, source)) + "\n" for source in sources)
    command = [ingot, "translate", "-q", "-m", directory, "--ids", "--ids-in", "--alternatives",
               str(count), "--beam-size", str(beams), "--max-length", str(MOST)]
    if prefix:
        command += ["--target-prefix", " ".join(map(str, prefix))]
    out = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    lines = [line.split("\t") for line in out.splitlines()]
    return [(float(score), [int(x) for x in ids.split()]) for score, ids in lines]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot")
    parser.add_argument("--wrong", action="store_true")
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    bad = 0
    for kind, make in KINDS.items():
        torch.manual_seed(7)
        model = make().eval()
        numbers = random.Random(11)
        end = model.config.eos_token_id
        sources = [[numbers.randrange(4, 118) for _ in range(numbers.randrange(2, 9))] + [end]
                   for _ in range(8)]
        with tempfile.TemporaryDirectory() as directory:
            model.save_pretrained(directory)
            for beams in (1, 4):
                for prefix, count in (([], 3), ([9, 17], 5)):
                    theirs = [x for source in sources for x in alternatives(
                        model, source, prefix, count, MOST, num_beams=beams)]
                    given = [23, 5, 40] if arguments.wrong else prefix
                    found = ours(arguments.ingot, directory, sources, given, count, beams)
                    same = sum(a[1] == b[1] for a, b in zip(theirs, found))
                    most = max(abs(a[0] - b[0]) for a, b in zip(theirs, found))
                    fine = len(theirs) == len(found) == same and most < 1e-4
                    bad += not fine
                    print(f"{kind}, beam {beams}, prefix of {len(prefix)}: {same} of {len(theirs)} "
                          f"the same ids, scores at most {most:.1e} apart")
    if arguments.wrong:
        print("negative control:", "seen" if bad == 4 * len(KINDS) else "NOT SEEN")
        return int(bad != 4 * len(KINDS))
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
