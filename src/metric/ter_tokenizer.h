// The tokenizer of tercom, as sacreBLEU 2.6.0 imitates it.
#ifndef IG_METRIC_TER_TOKENIZER_H
#define IG_METRIC_TER_TOKENIZER_H
#include "ingot_score.h"
#include "metric/codes.h"

// Rewrites the line as the ter_ options say, so that white space separates its words.
ig_status ig_ter_tokenizer_apply(const ig_score_options *options, ig_codes *line, ig_error *err);
#endif
