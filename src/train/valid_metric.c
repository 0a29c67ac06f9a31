// BLEU counts words. A script that writes none apart needs another tokenizer, or another metric.
#include "train/valid_metric.h"

#include <string.h>

#include "base/report.h"
#include "text/script.h"

static const char *usual_tokenizer(const ig_run *run, ig_script script) {
  // Data that are tokens already are not tokenized again.
  if (ig_tokenizer_kind_of(run->tokenizer) == IG_TOKENIZER_WORDS) return "none";
  if (script == IG_SCRIPT_CHINESE) return "zh";
  return script == IG_SCRIPT_UNSPACED ? "char" : "13a";
}

// Whether BLEU, of lines that are split so, counts what readers of the script call words.
static bool counts_words(const ig_run *run, ig_script script) {
  if (script == IG_SCRIPT_SPACED || ig_tokenizer_kind_of(run->tokenizer) == IG_TOKENIZER_WORDS)
    return true;
  return script == IG_SCRIPT_CHINESE && strcmp(run->valid_tokenize, "zh") == 0;
}

void ig_valid_metric_choose(ig_run *run) {
  ig_train_config *c = &run->config;
  const ig_script script =
      ig_script_of((const char *const *)run->valid.text[IG_SIDE_TARGET], run->valid.lines);
  run->valid_tokenize = c->valid_tokenize ? c->valid_tokenize : usual_tokenizer(run, script);
  const bool other_metric = !c->best_metric_given && !counts_words(run, script);
  if (other_metric) c->best_metric = IG_BEST_METRIC_CHRF;
  if (script == IG_SCRIPT_SPACED) return;
  ig_report(run->reporter, IG_LEVEL_INFO,
            "validation: the target's script writes no spaces between words; BLEU is that of "
            "valid_tokenize %s%s",
            run->valid_tokenize,
            other_metric ? ", and best_metric is chrf, for BLEU has no words to count" : "");
}
