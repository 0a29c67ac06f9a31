// The tokenizers of sacreBLEU 2.6.0: 13a, zh, char, intl, none.
#ifndef IG_METRIC_TOKENIZE_H
#define IG_METRIC_TOKENIZE_H
#include "metric/codes.h"

typedef struct ig_bleu_tokenizer {
  const char *name;
  ig_status (*run)(ig_codes *line,
                   ig_error *err);  // in place; tokens are then what white space separates
} ig_bleu_tokenizer;
const ig_bleu_tokenizer *ig_bleu_tokenizer_find(const char *name);  // NULL: unknown
#endif
