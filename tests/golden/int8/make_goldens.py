"""Log-probabilities that transformers 5.23 gives where linear layers of 16 or more outputs have
int8 weights, one scale an output, and round their input to int8, one scale a row
(src/kernel/int8.h): FAMILY.txt, for each token of FAMILY_tiny/greedy.ids. A tied table of
embeddings is the rounded one.
python make_goldens.py [FOLDER]
"""

import pathlib, sys
import torch, transformers as t

ROOT = pathlib.Path(__file__).parent.parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
FAMILIES = "bart m2m_100 marian mbart mt5 pegasus t5 t5_v1_1 umt5".split()


def ids(path):
    return [torch.tensor([[int(x) for x in line.split()]]) for line in path.open()]


def quantized(x):
    """Whole numbers and the scale of each row, both float32."""
    most = x.abs().amax(-1, keepdim=True)
    factor = torch.where(most > 2.0**-100, 127 / most, torch.zeros_like(most))
    return (x * factor).round(), most / 127


def linear(layer, x):
    q, scale = quantized(x)
    w, w_scale = quantized(layer.weight)
    sums = (q.double() @ w.double().T).float()
    y = sums * scale * w_scale.squeeze(-1)
    return y if layer.bias is None else y + layer.bias


def in_int8(directory):
    model = t.AutoModelForSeq2SeqLM.from_pretrained(directory, dtype=torch.float32).eval()
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear) and layer.out_features >= 16:
            q, scale = quantized(layer.weight)
            layer.weight.copy_(q * scale)
            layer.forward = linear.__get__(layer)
    return model


def log_probs(model, source, target):
    start = torch.full((1, 1), model.config.decoder_start_token_id)
    logits = model(input_ids=source, decoder_input_ids=torch.cat([start, target[:, :-1]], 1)).logits
    return logits.log_softmax(-1)[0].gather(1, target.T).flatten().tolist()


torch.set_num_threads(1)
with torch.no_grad():
    for family in FAMILIES:
        directory = ROOT / f"{family}_tiny"
        model = in_int8(directory)
        lines = [
            " ".join(f"{x:.6f}" for x in log_probs(model, source, target)) + "\n"
            for source, target in zip(ids(directory / "source.ids"), ids(directory / "greedy.ids"))
        ]
        (OUT / f"{family}.txt").write_text("".join(lines))
