"""What the tokens of a translation attend to, by transformers 5.23: python make_goldens.py

NAME.mean.txt, NAME.head.txt: of the first eight lines of ../NAME/source.ids and the winners of beam
search with 4 beams (../NAME/beam4.ids). A line has the cross-attentions of the target tokens, in
the form of --alignments-format soft: of decoder layer 1 the mean over the heads, and of layer 2 the
second head. Taken from generate, along the beams that won; teacher forcing must give the same.
"""

import pathlib
import torch, transformers as t

HERE = pathlib.Path(__file__).parent
MODELS = {
    "marian_tiny": t.MarianMTModel,
    "bart_tiny": t.BartForConditionalGeneration,
    "m2m_100_tiny": t.M2M100ForConditionalGeneration,
    "t5_tiny": t.T5ForConditionalGeneration,
}
LENGTH = 32
torch.set_grad_enabled(False)


def text(weights):
    return " ".join(",".join(f"{w:.6f}" for w in row) for row in weights.tolist()) + "\n"


for name, kind in MODELS.items():
    directory = HERE.parent / name
    model = kind.from_pretrained(directory, attn_implementation="eager").eval()
    sources = (directory / "source.ids").read_text().splitlines()[:8]
    targets = (directory / "beam4.ids").read_text().splitlines()[:8]
    lines = {"mean": [], "head": []}
    for source, target in zip(sources, targets):
        x = torch.tensor([[int(i) for i in source.split()]])
        y = torch.tensor([[int(i) for i in target.split()]])
        out = model.generate(
            x,
            attention_mask=torch.ones_like(x),
            num_beams=4,
            max_new_tokens=LENGTH,
            output_attentions=True,
            output_scores=True,
            return_dict_in_generate=True,
        )
        assert out.sequences[0, 1:].tolist() == y[0].tolist(), name
        beams = out.beam_indices[0].tolist()
        # cross_attentions[step][layer]: (beams, heads, 1, source)
        won = [
            torch.stack([step[layer][b, :, 0] for step, b in zip(out.cross_attentions, beams)])
            for layer in range(2)
        ]  # (target, heads, source)
        start = torch.full((1, 1), model.generation_config.decoder_start_token_id)
        forced = model(
            input_ids=x,
            decoder_input_ids=torch.cat([start, y[:, :-1]], 1),
            output_attentions=True,
        ).cross_attentions
        for layer in range(2):
            assert (forced[layer][0].transpose(0, 1) - won[layer]).abs().max() < 1e-5
        lines["mean"].append(text(won[0].mean(1)))
        lines["head"].append(text(won[1][:, 1]))
    for which, rows in lines.items():
        (HERE / f"{name}.{which}.txt").write_text("".join(rows))
