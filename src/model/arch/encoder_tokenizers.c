// The tokenizers of encoders, as transformers 5.23 has them (models/bert/tokenization_bert.py and
// others).
#include "model/arch/encoder_tokenizers.h"

#include <stddef.h>

static const ig_named_token bracketed[] = {{"unk_token", "[UNK]"},   {"sep_token", "[SEP]"},
                                           {"pad_token", "[PAD]"},   {"cls_token", "[CLS]"},
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

const ig_tokenizer_description *const ig_encoder_tokenizers_word_pieces[] = {
    &word_pieces,
    NULL,
};
