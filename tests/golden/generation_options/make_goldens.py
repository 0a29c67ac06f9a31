"""What transformers 5.23 generates with the model of ../marian_tiny and options of its generate:
python make_goldens.py

NAME.ids: of the first eight lines of ../marian_tiny/source.ids, target ids up to the end token.
factor.ids: with max_new_tokens half of each source's tokens, rounded up. prefix.ids: with 9 and 17
after the start token.
alternatives.NAME: "SCORE<TAB>ids" of three alternatives for each line; prefix: after 9 and 17.
NAME.scores: "SCORE<TAB>log p of each token<TAB>ids"; greedy search's score is that of beam search.
"""

import math, pathlib
import torch, transformers as t
from alternatives import alternatives

HERE = pathlib.Path(__file__).parent
TINY = HERE.parent / "marian_tiny"
CASES = {
    "free": {},
    "at_once": {"early_stopping": True, "length_penalty": 2.0},
    "heuristic": {"early_stopping": False, "length_penalty": 2.0},
    "never": {"early_stopping": "never", "length_penalty": 2.0},
    "bad_words": {"bad_words_ids": [[60], [11], [38, 9], [5]]},
    "factor": {},
    "prefix": {"decoder_input_ids": torch.tensor([[60, 9, 17]]), "length_penalty": 2.0},
}
SCORES = {"greedy": {"num_beams": 1}, "beam": {"num_beams": 4, "length_penalty": 0.7}}
ALTERNATIVES = {
    "greedy": ([], {"num_beams": 1}),
    "beam": ([], {"num_beams": 4, "length_penalty": 0.7}),
    "prefix": ([9, 17], {"num_beams": 4, "length_penalty": 2.0}),
}
torch.set_grad_enabled(False)
model = t.MarianMTModel.from_pretrained(TINY).eval()
sources = [[int(x) for x in s.split()] for s in (TINY / "source.ids").read_text().splitlines()[:8]]
for name, options in CASES.items():
    lines = []
    for source in sources:
        most = {"factor": math.ceil(0.5 * len(source)), "prefix": 17}.get(name, 19)
        ids = torch.tensor([source])
        row = model.generate(
            ids, attention_mask=torch.ones_like(ids), num_beams=4, max_new_tokens=most, **options
        )[0].tolist()[1:]
        row = row[: row.index(0) + 1] if 0 in row else row
        lines.append(" ".join(map(str, row)) + "\n")
    (HERE / f"{name}.ids").write_text("".join(lines))

for name, options in SCORES.items():
    lines = []
    for source in sources:
        ids = torch.tensor([source])
        out = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=19,
            output_scores=True,
            return_dict_in_generate=True,
            **options,
        )
        beams = getattr(out, "beam_indices", None)
        tokens = model.compute_transition_scores(
            out.sequences, out.scores, beams, normalize_logits=beams is None
        )[0]
        row = out.sequences[0].tolist()[1:]
        score = tokens.mean() if beams is None else out.sequences_scores[0]
        text = " ".join(f"{x:.6f}" for x in tokens.tolist())
        lines.append(f"{score:.6f}\t{text}\t{' '.join(map(str, row))}\n")
    (HERE / f"{name}.scores").write_text("".join(lines))

for name, (prefix, options) in ALTERNATIVES.items():
    with (HERE / f"alternatives.{name}").open("w") as file:
        for source in sources:
            for score, ids in alternatives(model, source, prefix, 3, 19, **options):
                file.write(f"{score:.6f}\t{' '.join(map(str, ids))}\n")
