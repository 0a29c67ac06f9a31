// The tokenizers of T5 (mT5 and UMT5 too) and of ByT5, as transformers 5.23 has them
// (models/t5/tokenization_t5.py, models/byt5/tokenization_byt5.py).
#include "model/arch/t5_tokenizers.h"

#include <stddef.h>

// Sentinels come after the pieces, <extra_id_0> last.
static const ig_special_pieces sentinels[] = {
    {.text = "<extra_id_%d>",
     .count = 100,
     .number_step = -1,
     .after_pieces = true,
     .count_key = "extra_ids"},
    {0},
};

static const ig_tokenizer_description t5_tokenizer = {
    .kind = IG_TOKENIZER_SHIFTED,
    .class_names = (const char *const[]){"T5Tokenizer", "T5TokenizerFast", "MT5Tokenizer",
                                         "MT5TokenizerFast", NULL},
    .files = {.source_model = "spiece.model"},
    .special = {"</s>", "<unk>", "<pad>"},
    .preparation = {.normalizes = true, .splits_at_white = true},
    .special_pieces = sentinels,
};

// <extra_id_0> comes first here.
static const ig_special_pieces byte_pieces[] = {
    {.text = "<pad>", .first_id = 0, .strips_left = true, .strips_right = true},
    {.text = "</s>", .first_id = 1, .strips_left = true, .strips_right = true},
    {.text = "<unk>", .first_id = 2, .strips_left = true, .strips_right = true},
    {.text = "<extra_id_%d>",
     .count = 125,
     .number_step = 1,
     .after_pieces = true,
     .count_key = "extra_ids"},
    {0},
};

static const ig_tokenizer_description byte_tokenizer = {
    .kind = IG_TOKENIZER_BYTES,
    .class_names = (const char *const[]){"ByT5Tokenizer", NULL},
    .special = {"</s>", "<unk>", "<pad>"},
    .shift = 3,
    .special_pieces = byte_pieces,
    .ends_once = true,
};

const ig_tokenizer_description *const ig_t5_tokenizers[] = {
    &t5_tokenizer,
    &byte_tokenizer,
    &ig_tokenizer_description_words,
    NULL,
};
