#!/usr/bin/env python3
"""Makes pairs of small models whose tokenizer.json are of one kind and of other pieces, and what
the `tokenizers` library makes of texts with a union that is built here, by its own constructors:

    python tests/golden/united_tokenizers/make_goldens.py

KIND/a and KIND/b are directories of transformers. KIND.json has the pieces of the union by their
ids, the ids of each text in the union, and the pieces that the donor itself cuts its own texts
into: the alphabets of the two are apart, so that a text of one is cut as the donor cuts it. The
trainers of the library break ties at random: another run makes other, equally good files."""
import json
import pathlib
import shutil

import torch
import transformers as t
from tokenizers import (AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

HERE = pathlib.Path(__file__).parent
LATIN = ["the small house is near the old river", "the river is old and the houses are small",
         "an old man reads near the house", "she reads in the house and he is in the river",
         "the sea is near 12 small houses, and 3 rivers"]
GREEK = ["το μικρο σπιτι ειναι κοντα στο ποταμι", "το ποταμι ειναι παλιο και τα σπιτια μικρα",
         "ενας ανδρας διαβαζει κοντα στο σπιτι", "η θαλασσα ειναι κοντα, και 12 σπιτια",
         "αυτη διαβαζει στο σπιτι και αυτος στο ποταμι 3"]
MIXED = ["the house, το σπιτι", "σπιτι<b>house<a>ποταμι", "old<sep>παλιο",
         "<a><b> <sep>the ποταμιriver"]
SPECIAL = {"a": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
           "b": ["<pad>", "<unk>", "<s>", "</s>"]}
# Tokens beyond each vocabulary: the second's <sep> is a piece of the first like any other.
ADDED = {"a": [AddedToken("<a>", lstrip=True, normalized=False)],
         "b": [AddedToken("<b>", normalized=False), AddedToken("<sep>", special=True)]}


def template(tokenizer):
    return processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))])


def parts(kind, tokenizer):
    if kind == "bpe":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
    elif kind == "unigram":
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
    elif kind == "word_piece":
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()


def train(kind, which, texts):
    special = SPECIAL[which]
    if kind == "bpe":
        tokenizer = Tokenizer(models.BPE())
        parts(kind, tokenizer)
        trainer = trainers.BpeTrainer(
            vocab_size=330 if which == "a" else 345, special_tokens=special, show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    elif kind == "unigram":
        tokenizer = Tokenizer(models.Unigram())
        parts(kind, tokenizer)
        trainer = trainers.UnigramTrainer(vocab_size=60 if which == "a" else 70, unk_token="<unk>",
                                          special_tokens=special, show_progress=False)
    elif kind == "word_piece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
        parts(kind, tokenizer)
        trainer = trainers.WordPieceTrainer(vocab_size=90 if which == "a" else 100,
                                            special_tokens=special, show_progress=False)
    else:
        tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
        parts(kind, tokenizer)
        trainer = trainers.WordLevelTrainer(special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    if which == "a":  # a piece of the first that is the second's added token
        tokenizer = with_piece(tokenizer, "<sep>")
    tokenizer.add_tokens(ADDED[which])
    tokenizer.post_processor = template(tokenizer)
    return tokenizer


def with_piece(tokenizer, piece):
    state = json.loads(tokenizer.to_str())
    vocab = state["model"]["vocab"]
    if isinstance(vocab, list):
        vocab.append([piece, min(score for _, score in vocab)])
    else:
        vocab[piece] = len(vocab)
    return Tokenizer.from_str(json.dumps(state))


def unite(kind, a, b):
    """The union, through the constructors of the library."""
    first, second = (json.loads(x.to_str()) for x in (a, b))
    pieces = {token: id for token, id in a.get_vocab(True).items()}
    added = {x["content"] for x in second["added_tokens"]}
    vocab = second["model"]["vocab"]
    own = [x[0] for x in vocab] if isinstance(vocab, list) else sorted(vocab, key=vocab.get)
    own = [x for x in own if x not in added] + [x["content"] for x in second["added_tokens"]]
    for token in own:
        pieces.setdefault(token, len(pieces))
    order = sorted(pieces, key=pieces.get)
    if kind == "bpe":
        merges = [tuple(x) for x in first["model"]["merges"]]
        merges += [tuple(x) for x in second["model"]["merges"] if tuple(x) not in set(merges)]
        model = models.BPE(pieces, merges)
    elif kind == "unigram":
        scores = dict(second["model"]["vocab"]) | dict(first["model"]["vocab"])
        lowest = min(score for _, score in first["model"]["vocab"])
        in_lists = {x for x in scores if x not in added or x in dict(first["model"]["vocab"])}
        model = models.Unigram([(x, scores[x] if x in in_lists else lowest) for x in order],
                               first["model"]["unk_id"], False)
    elif kind == "word_piece":
        model = models.WordPiece(pieces, unk_token="<unk>", max_input_chars_per_word=100)
    else:
        model = models.WordLevel(pieces, unk_token="<unk>")
    united = Tokenizer(model)
    parts(kind, united)
    for x in first["added_tokens"] + second["added_tokens"]:
        if x["content"] not in {y.content for y in united.get_added_tokens_decoder().values()}:
            (united.add_special_tokens if x["special"] else united.add_tokens)([AddedToken(
                x["content"], lstrip=x["lstrip"], rstrip=x["rstrip"], single_word=x["single_word"],
                normalized=x["normalized"], special=x["special"])])
    united.post_processor = template(united)
    return united


def make_model(kind, tokenizer, seed):
    torch.manual_seed(seed)
    size = tokenizer.get_vocab_size(True)
    ids = {name + "_token_id": tokenizer.token_to_id(token)
           for name, token in (("pad", "<pad>"), ("eos", "</s>"))}
    if kind == "unigram":
        config = t.T5Config(vocab_size=size, d_model=8, d_kv=4, d_ff=16, num_layers=1, num_heads=2,
                            decoder_start_token_id=ids["pad_token_id"], **ids)
        model = t.T5ForConditionalGeneration(config)
    elif kind == "word_piece":
        config = t.BertConfig(vocab_size=size, hidden_size=8, num_hidden_layers=1,
                              num_attention_heads=2, intermediate_size=16,
                              max_position_embeddings=64, pad_token_id=ids["pad_token_id"])
        model = t.BertForQuestionAnswering(config)
    else:
        config = t.BartConfig(vocab_size=size, d_model=8, encoder_layers=1, decoder_layers=1,
                              encoder_attention_heads=2, decoder_attention_heads=2,
                              encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=64,
                              bos_token_id=tokenizer.token_to_id("<s>"),
                              decoder_start_token_id=ids["eos_token_id"],
                              forced_eos_token_id=ids["eos_token_id"], **ids)
        model = t.BartForConditionalGeneration(config)
        with torch.no_grad():
            model.final_logits_bias.normal_()
    return model.eval()


def make(kind):
    donors = {"a": train(kind, "a", LATIN), "b": train(kind, "b", GREEK)}
    united = unite(kind, donors["a"], donors["b"])
    for i, (which, tokenizer) in enumerate(donors.items()):
        folder = HERE / kind / which
        shutil.rmtree(folder, ignore_errors=True)
        make_model(kind, tokenizer, i + 1).save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"))
        names = dict(pad_token="<pad>", eos_token="</s>", unk_token="<unk>", bos_token="<s>")
        (folder / "tokenizer_config.json").write_text(json.dumps(
            {"tokenizer_class": "PreTrainedTokenizerFast", **names}, indent=2) + "\n")
    own = {"a": LATIN, "b": GREEK}
    own["a"] = own["a"] + ["the<a>house"]
    own["b"] = own["b"] + ["σπιτι<b>και<sep>"]
    pieces = united.get_vocab(True)
    for which, texts in own.items():
        for text in texts:
            assert united.encode(text).tokens == donors[which].encode(text).tokens, (kind, text)
    texts = own["a"] + own["b"] + MIXED
    (HERE / f"{kind}.json").write_text(json.dumps(
        {"pieces": sorted(pieces, key=pieces.get),
         "texts": [{"text": x, "ids": united.encode(x).ids} for x in texts]},
        ensure_ascii=False, indent=1) + "\n")
    assert sorted(pieces.values()) == list(range(len(pieces)))
    print(kind, {k: v.get_vocab_size(True) for k, v in donors.items()}, len(pieces))


for each in ("bpe", "unigram", "word_piece", "word_level"):
    make(each)
