"""What transformers 5.23 gives in float32 once the weights of linear layers, a tied table with
them, are rounded to bfloat16. FAMILY.txt: log-probabilities of each token of
FAMILY_tiny/greedy.ids. embeddings.txt: vectors of embeddings/texts.txt, as expected.txt there.
python make_goldens.py [FOLDER]
"""

import pathlib, sys
import torch, transformers as t

ROOT = pathlib.Path(__file__).parent.parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
LENGTH = 10  # of embeddings/sentence_bert_config.json
FAMILIES = "bart m2m_100 marian mbart mt5 pegasus t5 t5_v1_1 umt5".split()


def ids(path):
    return [torch.tensor([[int(x) for x in line.split()]]) for line in path.open()]


def rounded(kind, directory):
    model = kind.from_pretrained(directory, dtype=torch.float32).eval()
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.weight.copy_(layer.weight.bfloat16().float())
    return model


def log_probs(model, source, target):
    start = torch.full((1, 1), model.config.decoder_start_token_id)
    logits = model(input_ids=source, decoder_input_ids=torch.cat([start, target[:, :-1]], 1)).logits
    return logits.log_softmax(-1)[0].gather(1, target.T).flatten().tolist()


def vectors(directory, length):
    model = rounded(t.AutoModel, directory)
    tokenizer = t.AutoTokenizer.from_pretrained(directory)
    for text in (directory / "texts.txt").read_text(encoding="utf-8").splitlines():
        inputs = tokenizer(text, truncation=True, max_length=length, return_tensors="pt")
        rows = model(**inputs).last_hidden_state[0]
        yield torch.nn.functional.normalize(rows.mean(0), dim=0).tolist()


torch.set_num_threads(1)
with torch.no_grad():
    for family in FAMILIES:
        directory = ROOT / f"{family}_tiny"
        model = rounded(t.AutoModelForSeq2SeqLM, directory)
        lines = [
            " ".join(f"{x:.6f}" for x in log_probs(model, source, target)) + "\n"
            for source, target in zip(ids(directory / "source.ids"), ids(directory / "greedy.ids"))
        ]
        (OUT / f"{family}.txt").write_text("".join(lines))
    lines = [
        " ".join(f"{x:.9g}" for x in vector) + "\n"
        for vector in vectors(ROOT / "embeddings", LENGTH)
    ]
    (OUT / "embeddings.txt").write_text("".join(lines))
