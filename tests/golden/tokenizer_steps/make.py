#!/usr/bin/env python3
"""Makes this directory: small tokenizers of transformers' PreTrainedTokenizerFast, which does as
its tokenizer.json says, and what they do with the texts below. Together they have every normalizer,
pre-tokenizer, model, post-processor and decoder that Ingot builds. Offsets count code points;
pair.json has two texts together, and -1 where a token has no word.

Needs transformers (5.23), tokenizers (0.23.3) and sentencepiece; run it in this directory. The
pieces and merges are those of the folders beside it."""
import json
import pathlib

from sentencepiece import sentencepiece_model_pb2
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, processors)
from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TEXTS = [
    "", " ", "   ", "The cat reads a letter.", "two  spaces", "  both ends  ", "tab\tand\u00a0hard",
    "\ufb01ne of\ufb01ce \ufb01\u0301", "\uff21 \uff21\u0301 A\u0301 \u2026", "\u0001yz a\u0001b",
    "\u200b\u200bx y\u200b", "a\r\nb\n", "\u1100\u1161 \uac00\u11a8", "low\u2581line \u2581\u2581x",
    "the cat </s> the boat", "the cat</s>the boat", "<s>x<unk>y", "``a'' \"b\"", "THE \u0130\u03a3",
    "no such letters: \u0436 \u65e5\u672c \U0001f600\U0001f600 x",
    "Stra\u00dfe \u01c4 \u1e9b\u0323",
    "x\u0301y q\u0323\u0307 q\u0307\u0323 \u1e0b\u0323",
    "\U0001f468\u200d\U0001f469 \u0915\u094d\u0937", "1234 \u00bd x\u00b2 \u0663\u06f4 \U00011de0",
    "a.b, (c)!? \u00ab\u2014\u00bb \u2e43 \u166d", "the\u2028e ee eee",
    "\u0344 \u0f73 \u0f71\u0f72 \ufb2c \u0958 \u212b \u2126", "\u1b06\u1b05\u1b35 \u11938 \u32ff",
    "A\u0327\u0301B\u0301\u0327 \u00c5\u0327", "\u0903a \u0488b \u302ac", "word_1 a\u200cb\u200dc",
    "it's WE'LL 'tis ''s", "\ufeff\ufffd\u0085", "Ab aB AB", "\u00e9\u00fc\u0130 \u1ea0\u0302",
]


def pieces_of(path):
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(path.read_bytes())
    return model


def unigram(byte_fallback=False):
    pieces = [(p.piece, p.score) for p in pieces_of(GOLDEN / "t5_tokenizer/spiece.model").pieces]
    if byte_fallback:
        pieces += [(f"<0x{b:02X}>", -20.0) for b in range(256)]
    return Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=byte_fallback))


def albert():
    charsmap = pieces_of(GOLDEN / "t5_tokenizer/spiece.model").normalizer_spec.precompiled_charsmap
    made = unigram()
    made.normalizer = normalizers.Sequence([
        normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(),
        normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Precompiled(charsmap),
        normalizers.Replace(Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(
        single="</s> $A </s>", special_tokens=[("</s>", 1)])
    made.decoder = decoders.Metaspace()
    return made


def spelling():
    made = unigram(byte_fallback=True)
    made.normalizer = normalizers.Sequence([
        normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip(),
        normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "), normalizers.Prepend(" ")])
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="first")])
    made.post_processor = processors.BertProcessing(("</s>", 1), ("<pad>", 0))
    made.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    made.add_tokens([AddedToken("AB", normalized=True)])
    return made


def words():
    made = unigram()
    made.normalizer = normalizers.NFD()
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Split("e", "merged_with_previous"),
        pre_tokenizers.Split("a", "merged_with_next"),
        pre_tokenizers.Split(Regex(r"\s"), "removed", invert=False),
        pre_tokenizers.Metaspace(prepend_scheme="never")])
    made.decoder = decoders.Metaspace(prepend_scheme="never")
    return made


def byte_level():
    folder = str(GOLDEN / "byte_level_tokenizer")
    return Tokenizer(models.BPE.from_file(folder + "/vocab.json", folder + "/merges.txt"))


def roberta():
    made = byte_level()
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), True, True)
    made.decoder = decoders.ByteLevel()
    return made


def digits():
    made = byte_level()
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation("contiguous"),
        pre_tokenizers.Split(Regex(GPT2), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    made.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])])
    made.decoder = decoders.ByteLevel()
    made.enable_truncation(max_length=3)
    made.enable_padding(pad_id=1, pad_token="<pad>", length=9)
    return made


def fallback():
    """Merges of a piece that is whole in the vocabulary, of bytes, and of no other."""
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    tokens += ["\u2581", "t", "h", "e", "a", "c", "th", "the", "\u2581the", "\u2581c", "at", "ee"]
    merges = [("t", "h"), ("th", "e"), ("\u2581", "the"), ("\u2581", "c"), ("a", "t"), ("e", "e")]
    made = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges,
                                unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"),
                                            normalizers.Replace(" ", "\u2581")])
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    made.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(),
                                      decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return made


def apart():
    """Unknown letters apart, whole words first, and no decoder."""
    tokens = ["<unk>", "</s>", "t", "h", "e", "a", "th", "cat", "c"]
    made = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=[("t", "h")],
                                unk_token="<unk>", fuse_unk=False, ignore_merges=True))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\s+"), "removed"), pre_tokenizers.Digits(),
        pre_tokenizers.Split(Regex(r"\n"), "contiguous"), pre_tokenizers.Punctuation()])
    return made


def word_pieces():
    """WordPiece of another prefix and of short words; accents go, capitals stay."""
    tokens = ["<unk>", "</s>", "<s>", "The", "cat", "c", "a", "t", "e", "b", "x", "y", "A", "B",
              ".", "(", "@@a", "@@at", "@@t", "@@x", "@@ee", "@@s", "@@e", "read", "##s", "\u4e2d"]
    made = Tokenizer(models.WordPiece(
        vocab={t: i for i, t in enumerate(tokens)}, unk_token="<unk>", max_input_chars_per_word=6,
        continuing_subword_prefix="@@"))
    made.normalizer = normalizers.BertNormalizer(
        clean_text=False, handle_chinese_chars=True, strip_accents=True, lowercase=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("</s>", 1), ("<s>", 2))
    made.decoder = decoders.WordPiece(prefix="@@", cleanup=False)
    made.add_tokens([AddedToken("AB", normalized=True)])
    return made


for make in albert, spelling, words, roberta, digits, fallback, apart, word_pieces:
    folder = HERE / make.__name__
    folder.mkdir(exist_ok=True)
    backend = make()
    backend.add_special_tokens(["</s>"])
    text = json.dumps(json.loads(backend.to_str()), ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(text + "\n")
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class":"PreTrainedTokenizerFast","eos_token":"</s>"}\n')
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    cases = []
    for text in TEXTS:
        encoding = tokenizer(text, return_offsets_mapping=True)
        ids = encoding["input_ids"]
        cases.append({"text": text, "ids": ids, "offsets": encoding["offset_mapping"],
                      "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    with open(folder / "expected.json", "w") as file:
        json.dump(cases, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")
    first, second = " The cat  reads</s>a letter", "b, a\u4e2dx"
    encoding = tokenizer(first, second, return_offsets_mapping=True, return_token_type_ids=True)
    pair = {"first": first, "second": second, "ids": encoding["input_ids"],
            "types": encoding["token_type_ids"], "offsets": encoding["offset_mapping"],
            "words": [-1 if w is None else w for w in encoding.word_ids()]}
    with open(folder / "pair.json", "w") as file:
        json.dump(pair, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")
