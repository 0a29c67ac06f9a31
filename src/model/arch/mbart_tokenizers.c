// The tokenizers of mBART and mBART-50, as transformers 5.23 has them
// (models/mbart/tokenization_mbart.py, models/mbart50/tokenization_mbart50.py). fairseq's special
// tokens come before the model's pieces, the languages and <mask> after them.
#include "model/arch/mbart_tokenizers.h"

#include <stddef.h>

static const char *const codes[] = {"ar_AR", "cs_CZ", "de_DE", "en_XX", "es_XX", "et_EE", "fi_FI",
                                    "fr_XX", "gu_IN", "hi_IN", "it_IT", "ja_XX", "kk_KZ", "ko_KR",
                                    "lt_LT", "lv_LV", "my_MM", "ne_NP", "nl_XX", "ro_RO", "ru_RU",
                                    "si_LK", "tr_TR", "vi_VN", "zh_CN", NULL};
static const char *const more_codes[] = {
    "ar_AR", "cs_CZ", "de_DE", "en_XX", "es_XX", "et_EE", "fi_FI", "fr_XX", "gu_IN",
    "hi_IN", "it_IT", "ja_XX", "kk_KZ", "ko_KR", "lt_LT", "lv_LV", "my_MM", "ne_NP",
    "nl_XX", "ro_RO", "ru_RU", "si_LK", "tr_TR", "vi_VN", "zh_CN", "af_ZA", "az_AZ",
    "bn_IN", "fa_IR", "he_IL", "hr_HR", "id_ID", "ka_GE", "km_KH", "mk_MK", "ml_IN",
    "mn_MN", "mr_IN", "pl_PL", "ps_AF", "pt_XX", "sv_SE", "sw_KE", "ta_IN", "te_IN",
    "th_TH", "tl_XX", "uk_UA", "ur_PK", "xh_ZA", "gl_ES", "sl_SI", NULL};

static const ig_special_pieces special_pieces[] = {
    {.text = "<s>", .first_id = 0},
    {.text = "<pad>", .first_id = 1},
    {.text = "</s>", .first_id = 2},
    {.text = "<unk>", .first_id = 3},
    {.text = "", .names = codes, .after_pieces = true},
    {.text = "<mask>", .first_id = 25, .after_pieces = true, .strips_left = true},
    {0},
};
static const ig_special_pieces more_special_pieces[] = {
    {.text = "<s>", .first_id = 0},
    {.text = "<pad>", .first_id = 1},
    {.text = "</s>", .first_id = 2},
    {.text = "<unk>", .first_id = 3},
    {.text = "", .names = more_codes, .after_pieces = true},
    {.text = "<mask>", .first_id = 52, .after_pieces = true, .strips_left = true},
    {0},
};

static const ig_tokenizer_languages languages = {
    .codes = codes, .default_source = "en_XX", .ends_source = true, .starts_target = true};
static const ig_tokenizer_languages more_languages = {.codes = more_codes,
                                                      .default_source = "en_XX"};

static const ig_tokenizer_description mbart_tokenizer = {
    .kind = IG_TOKENIZER_SHIFTED,
    .class_names = (const char *const[]){"MBartTokenizer", "MBartTokenizerFast", NULL},
    .files = {.source_model = "sentencepiece.bpe.model"},
    .special = {"</s>", "<unk>", "<pad>"},
    .shift = 1,
    .preparation = {.splits_at_white = true},
    .special_pieces = special_pieces,
    .languages = &languages,
};

static const ig_tokenizer_description mbart_50_tokenizer = {
    .kind = IG_TOKENIZER_SHIFTED,
    .class_names = (const char *const[]){"MBart50Tokenizer", "MBart50TokenizerFast", NULL},
    .files = {.source_model = "sentencepiece.bpe.model"},
    .special = {"</s>", "<unk>", "<pad>"},
    .shift = 1,
    .preparation = {.normalizes = true, .joins_spaces = true},
    .special_pieces = more_special_pieces,
    .languages = &more_languages,
};

const ig_tokenizer_description *const ig_mbart_tokenizers[] = {
    &mbart_tokenizer,
    &mbart_50_tokenizer,
    &ig_tokenizer_description_words,
    NULL,
};
