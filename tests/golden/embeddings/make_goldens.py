#!/usr/bin/env python3
"""A small random BERT with the files of sentence-transformers, texts, and their vectors:

    python tests/golden/embeddings/make_goldens.py DIRECTORY

expected-POOLING.txt has a line of numbers for each line of texts.txt, each text run alone and cut
to max_seq_length; those of the model's own files (mean, divided by its length) are expected.txt.
Made with transformers 5.23 and torch 2.13."""
import json
import pathlib
import sys

import torch
import transformers

PIECES = """[PAD] [UNK] [CLS] [SEP] [MASK] . , the a of in is was river city tower built by ##s ##ed
lyon rhone old new 桥 河 caf ##e green""".split()
TEXTS = ["The river.", "the old city is in the new tower, by the river of Lyon", "", "Cafés",
         "桥河 green", "unknown words", "a"]
LENGTH = 10


def main():
    out = pathlib.Path(sys.argv[1])
    config = transformers.BertConfig(
        vocab_size=len(PIECES), hidden_size=12, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=20, max_position_embeddings=16)
    model = transformers.BertModel(config).eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape, generator=generator)
            weight.copy_(weight + 0.1 * noise if weight.dim() == 1 else 0.4 * noise)
    model.save_pretrained(out)
    (out / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    files = {
        "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "do_lower_case": True},
        "sentence_bert_config.json": {"max_seq_length": LENGTH, "do_lower_case": False},
        "modules.json": [{"idx": i, "name": str(i), "path": path,
                          "type": "sentence_transformers.models." + kind}
                         for i, (path, kind) in enumerate(
                             [("", "Transformer"), ("1_Pooling", "Pooling"),
                              ("2_Normalize", "Normalize")])],
        "1_Pooling/config.json": {"word_embedding_dimension": 12, "pooling_mode_cls_token": False,
                                  "pooling_mode_mean_tokens": True,
                                  "pooling_mode_max_tokens": False}}
    (out / "1_Pooling").mkdir(exist_ok=True)
    for name, content in files.items():
        (out / name).write_text(json.dumps(content, indent=1) + "\n")
    (out / "texts.txt").write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    tokenizer = transformers.AutoTokenizer.from_pretrained(out)
    vectors = {"-mean": [], "-first": [], "-max": [], "": []}
    for text in TEXTS:
        with torch.no_grad():
            rows = model(**tokenizer(text, truncation=True, max_length=LENGTH,
                                     return_tensors="pt")).last_hidden_state[0]
        mean = rows.mean(0)
        vectors["-mean"].append(mean)
        vectors["-first"].append(rows[0])
        vectors["-max"].append(rows.max(0).values)
        vectors[""].append(torch.nn.functional.normalize(mean, dim=0))
    for name, rows in vectors.items():
        text = "".join(" ".join(f"{x:.9g}" for x in row.tolist()) + "\n" for row in rows)
        (out / f"expected{name}.txt").write_text(text)


main()
