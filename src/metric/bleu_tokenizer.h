// The tokenizers of sacreBLEU 2.6.0: 13a, zh, char, intl, none.
#ifndef IG_METRIC_BLEU_TOKENIZER_H
#define IG_METRIC_BLEU_TOKENIZER_H
#include "metric/codes.h"

typedef struct ig_bleu_tokenizer {
  const char *name;
  // Rewrites the line so that white space separates its tokens.
  ig_status (*tokenize)(ig_codes *line, ig_error *err);
} ig_bleu_tokenizer;
const ig_bleu_tokenizer *ig_bleu_tokenizer_find(const char *name);  // NULL: unknown
#endif
