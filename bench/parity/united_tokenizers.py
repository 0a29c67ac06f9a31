#!/usr/bin/env python3
"""Fuses models of different tokenizer.json with `tokenizer_source: union` and opens the result with
transformers:

    python bench/parity/united_tokenizers.py INGOT [GOLDENS] [--wrong]

GOLDENS is tests/golden/united_tokenizers. For each kind and each donor the recipe has the weights 1
and 0, so that every row of the donor is the fused model's. Of each text of the donor
- AutoTokenizer of the fused directory must make the pieces that the donor's makes, and the ids that
  the golden has;
- the fused model's logits, at the donor's pieces, must be the donor's own within 1e-6 of the
  largest: transformers runs both, each on its own ids. Both models generate the same pieces, where
  the pieces that the donor lacks are left out.
--wrong: the rows of the fused embedding are moved by one; the comparison must fail."""
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers as t

BOUND = 1e-6
HERE = pathlib.Path(__file__).resolve().parents[2]


def auto(folder):
    kind = json.loads((folder / "config.json").read_text())["architectures"][0]
    return getattr(t, kind).from_pretrained(folder).eval(), t.AutoTokenizer.from_pretrained(folder)


def logits(model, tokenizer, ids):
    ids = torch.tensor([ids])
    with torch.no_grad():
        if model.config.is_encoder_decoder:
            return model(input_ids=ids, decoder_input_ids=ids).logits[0]
        out = model(input_ids=ids)
        return torch.stack([out.start_logits[0], out.end_logits[0]], -1)


def compare(fused, donor, texts, wrong):
    (model, tokenizer), (own, own_tokenizer) = fused, donor
    pieces = own_tokenizer.convert_ids_to_tokens(range(len(own_tokenizer)))
    columns = torch.tensor(tokenizer.convert_tokens_to_ids(pieces))
    assert len(tokenizer) == model.config.vocab_size, (len(tokenizer), model.config.vocab_size)
    if wrong:
        table = model.get_input_embeddings().weight
        table.data = table.data.roll(1, 0)
    worst, compared = 0.0, 0
    for text in texts:
        if own_tokenizer.unk_token_id in own_tokenizer(text["text"])["input_ids"]:
            continue
        ids = tokenizer(text["text"])["input_ids"]
        own_ids = own_tokenizer(text["text"])["input_ids"]
        assert ids == text["ids"], (text, ids)
        if tokenizer.convert_ids_to_tokens(ids) != own_tokenizer.convert_ids_to_tokens(own_ids):
            continue  # a text that the donor cuts in another way, for it lacks its pieces
        a, b = logits(model, tokenizer, ids), logits(own, own_tokenizer, own_ids)
        if model.config.is_encoder_decoder:
            a = a[:, columns]
        worst = max(worst, float((a - b).abs().max() / b.abs().max()))
        compared += 1
    return worst, compared


def main():
    arguments = [x for x in sys.argv[1:] if x != "--wrong"]
    ingot = arguments[0]
    goldens = pathlib.Path(arguments[1] if len(arguments) > 1 else
                           HERE / "tests/golden/united_tokenizers").resolve()
    failed = False
    for kind in sorted(x.name for x in goldens.iterdir() if x.is_dir()):
        golden = json.loads((goldens / f"{kind}.json").read_text())
        for which in "ab":
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                (folder / "recipe.yml").write_text(json.dumps(dict(
                    merge_method="linear", tokenizer_source="union", models=[
                        dict(model=str(goldens / kind / x),
                             parameters=dict(weight=float(x == which))) for x in "ab"])))
                subprocess.run([ingot, "fuse", folder / "recipe.yml", "-o", folder / "out", "-q"],
                               check=True, stderr=subprocess.DEVNULL)
                worst, compared = compare(auto(folder / "out"), auto(goldens / kind / which),
                                          golden["texts"], "--wrong" in sys.argv)
            bad = worst > BOUND or compared < 5
            failed = failed or bad
            print(f"{kind} {which}: {compared} texts, logits {worst:.1e}"
                  f"{'  DIFFERENT' if bad else ''}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
