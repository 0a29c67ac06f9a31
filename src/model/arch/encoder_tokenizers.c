// The tokenizers of encoders, as transformers 5.23 has them (models/bert/tokenization_bert.py,
// models/roberta, models/xlm_roberta, models/camembert, models/albert).
#include "model/arch/encoder_tokenizers.h"

#include <stddef.h>

static const ig_named_token bracketed[] = {{"unk_token", "[UNK]"},   {"sep_token", "[SEP]"},
                                           {"pad_token", "[PAD]"},   {"cls_token", "[CLS]"},
                                           {"mask_token", "[MASK]"}, {0}};
static const ig_named_token angled[] = {
    {"bos_token", "<s>"},   {"eos_token", "</s>"}, {"unk_token", "<unk>"},   {"sep_token", "</s>"},
    {"pad_token", "<pad>"}, {"cls_token", "<s>"},  {"mask_token", "<mask>"}, {0}};
static const ig_named_token mixed[] = {{"bos_token", "[CLS]"},   {"eos_token", "[SEP]"},
                                       {"unk_token", "<unk>"},   {"sep_token", "[SEP]"},
                                       {"pad_token", "<pad>"},   {"cls_token", "[CLS]"},
                                       {"mask_token", "[MASK]"}, {0}};

static const ig_tokenizer_description word_pieces = {
    .kind = IG_TOKENIZER_WORD_PIECES,
    .class_names =
        (const char *const[]){"BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer",
                              "DistilBertTokenizerFast", "ElectraTokenizer", "ElectraTokenizerFast",
                              "MobileBertTokenizer", "MobileBertTokenizerFast", NULL},
    .files = {.vocabulary = "vocab.txt"},
    .special = {"[SEP]", "[UNK]", "[PAD]"},
    .end_key = "sep_token",
    .named = bracketed,
    .begin = "[CLS]",
    .begin_key = "cls_token",
    .pair = IG_PAIR_TYPES,
};

static const ig_tokenizer_description roberta = {
    .kind = IG_TOKENIZER_BYTE_LEVEL,
    .class_names = (const char *const[]){"RobertaTokenizer", "RobertaTokenizerFast", NULL},
    .files = {.vocabulary = "vocab.json", .merges = "merges.txt"},
    .special = {"</s>", "<unk>", "<pad>"},
    .end_key = "sep_token",
    .named = angled,
    .begin = "<s>",
    .begin_key = "cls_token",
    .pair = IG_PAIR_TWO_ENDS,
};

// fairseq's special tokens come before the model's pieces, <mask> after them.
static const ig_special_pieces fairseq_pieces[] = {
    {.text = "<s>", .first_id = 0},           {.text = "<pad>", .first_id = 1},
    {.text = "</s>", .first_id = 2},          {.text = "<unk>", .first_id = 3},
    {.text = "<mask>", .after_pieces = true}, {0},
};

static const ig_tokenizer_description xlm_roberta = {
    .kind = IG_TOKENIZER_SHIFTED,
    .class_names = (const char *const[]){"XLMRobertaTokenizer", "XLMRobertaTokenizerFast", NULL},
    .files = {.source_model = "sentencepiece.bpe.model"},
    .special = {"</s>", "<unk>", "<pad>"},
    .named = angled,
    .begin = "<s>",
    .begin_key = "bos_token",
    .pair = IG_PAIR_TWO_ENDS,
    .shift = 1,
    .preparation = {.normalizes = true, .splits_at_white = true},
    .special_pieces = fairseq_pieces,
};

// Its own <s> and </s> are the model's.
static const ig_special_pieces unused_pieces[] = {
    {.text = "<s>NOTUSED", .first_id = 0, .plain = true},
    {.text = "<pad>", .first_id = 1},
    {.text = "</s>NOTUSED", .first_id = 2, .plain = true},
    {.text = "<unk>", .first_id = 3},
    {.text = "<unk>NOTUSED", .first_id = 4, .score = -100, .plain = true},
    {.text = "<mask>", .after_pieces = true, .strips_left = true},
    {0},
};

static const ig_tokenizer_description camembert = {
    .kind = IG_TOKENIZER_SHIFTED,
    .class_names = (const char *const[]){"CamembertTokenizer", "CamembertTokenizerFast", NULL},
    .files = {.source_model = "sentencepiece.bpe.model"},
    .special = {"</s>", "<unk>", "<pad>"},
    .begin = "<s>",
    .begin_key = "bos_token",
    .pair = IG_PAIR_TWO_ENDS,
    .shift = 4,
    .preparation = {.normalizes = true, .splits_at_white = true},
    .special_pieces = unused_pieces,
};

static const ig_tokenizer_description albert = {
    .kind = IG_TOKENIZER_SHIFTED,
    .class_names = (const char *const[]){"AlbertTokenizer", "AlbertTokenizerFast", NULL},
    .files = {.source_model = "spiece.model"},
    .special = {"[SEP]", "<unk>", "<pad>"},
    .end_key = "sep_token",
    .named = mixed,
    .begin = "[CLS]",
    .begin_key = "cls_token",
    .pair = IG_PAIR_TYPES,
    .preparation = {.folds = true, .normalizes = true, .splits_at_white = true},
};

const ig_tokenizer_description *const ig_encoder_tokenizers_word_pieces[] = {
    &word_pieces, &roberta, &xlm_roberta, &camembert, &albert, NULL,
};
const ig_tokenizer_description *const ig_encoder_tokenizers_roberta[] = {
    &roberta, &word_pieces, &xlm_roberta, &camembert, &albert, NULL,
};
const ig_tokenizer_description *const ig_encoder_tokenizers_xlm_roberta[] = {
    &xlm_roberta, &word_pieces, &roberta, &camembert, &albert, NULL,
};
const ig_tokenizer_description *const ig_encoder_tokenizers_camembert[] = {
    &camembert, &word_pieces, &roberta, &xlm_roberta, &albert, NULL,
};
const ig_tokenizer_description *const ig_encoder_tokenizers_albert[] = {
    &albert, &word_pieces, &roberta, &xlm_roberta, &camembert, NULL,
};
