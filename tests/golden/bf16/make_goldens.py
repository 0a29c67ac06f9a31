"""Log-probabilities that transformers 5.23 gives in float32 once the weights of linear layers, a
tied table with them, are rounded to bfloat16: FAMILY.txt, for each token of FAMILY_tiny/greedy.ids.
python make_goldens.py [FOLDER]
"""

import pathlib, sys
import torch, transformers as t

ROOT = pathlib.Path(__file__).parent.parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
FAMILIES = "bart m2m_100 marian mbart mt5 pegasus t5 t5_v1_1 umt5".split()


def ids(path):
    return [torch.tensor([[int(x) for x in line.split()]]) for line in path.open()]


def rounded(directory):
    model = t.AutoModelForSeq2SeqLM.from_pretrained(directory, dtype=torch.float32).eval()
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.weight.copy_(layer.weight.bfloat16().float())
    return model


def log_probs(model, source, target):
    start = torch.full((1, 1), model.config.decoder_start_token_id)
    logits = model(input_ids=source, decoder_input_ids=torch.cat([start, target[:, :-1]], 1)).logits
    return logits.log_softmax(-1)[0].gather(1, target.T).flatten().tolist()


torch.set_num_threads(1)
with torch.no_grad():
    for family in FAMILIES:
        directory = ROOT / f"{family}_tiny"
        model = rounded(directory)
        lines = [
            " ".join(f"{x:.6f}" for x in log_probs(model, source, target)) + "\n"
            for source, target in zip(ids(directory / "source.ids"), ids(directory / "greedy.ids"))
        ]
        (OUT / f"{family}.txt").write_text("".join(lines))
