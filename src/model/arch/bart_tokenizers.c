// The tokenizers of BART: transformers' BartTokenizer is its RobertaTokenizer.
#include "model/arch/bart_tokenizers.h"

#include <stddef.h>

static const ig_tokenizer_description byte_level = {
    .kind = IG_TOKENIZER_BYTE_LEVEL,
    .class_names = (const char *const[]){"BartTokenizer", "BartTokenizerFast", "RobertaTokenizer",
                                         "RobertaTokenizerFast", NULL},
    .files = {.vocabulary = "vocab.json", .merges = "merges.txt"},
    .special = {"</s>", "<unk>", "<pad>"},
    .more_special = (const char *const[]){"<s>", "<mask>", NULL},
    .begin = "<s>",
    .begin_key = "cls_token",
    .pair = IG_PAIR_TWO_ENDS,
};

const ig_tokenizer_description *const ig_bart_tokenizers[] = {
    &byte_level,
    &ig_tokenizer_description_words,
    NULL,
};
