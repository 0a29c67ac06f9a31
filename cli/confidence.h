// How sure scores are: the options of intervals and paired tests, and how their results are
// printed.
#ifndef CLI_CONFIDENCE_H
#define CLI_CONFIDENCE_H
#include "ingot_score.h"
#include "options.h"

typedef struct cli_confidence {
  bool interval;
  cli_list baselines;
  const char *test;             // "ar" or "bs"; NULL: the default
  int resamples, trials, seed;  // 0, 0, -1: the default
  uint64_t seed_used;
} cli_confidence;
extern const char *const cli_confidence_tests[];

// Rows of an option table whose struct of values has a cli_confidence of the name `confidence`.
// baseline: what the files of --paired are.
#define CLI_CONFIDENCE_OPTIONS(baseline)                                                          \
  CLI_FLAG_OPTION(0, "confidence", confidence.interval,                                           \
                  "Print the mean of scores of resamples, and half of their 95 % interval."),     \
      CLI_LIST_OPTION("paired", "FILE", confidence.baselines, baseline),                          \
      CLI_CHOICE_OPTION("paired-test", "NAME", confidence.test, cli_confidence_tests,             \
                        "ar: approximate randomisation. bs: paired bootstrap. Default: ar."),     \
      CLI_INTEGER_OPTION("resamples", "N", confidence.resamples, 1, 1000000,                      \
                         "Resamples of --confidence and of bs. Default: 1000."),                  \
      CLI_INTEGER_OPTION("trials", "N", confidence.trials, 1, 1000000,                            \
                         "Trials of ar. Default: 10000."),                                        \
      CLI_INTEGER_OPTION("seed", "N", confidence.seed, 0, 2147483647,                             \
                         "Seed of what is drawn. Default: 12345. With the seed of sacreBLEU the " \
                         "numbers of BLEU, chrF and TER are its own.")

// Is anything to be drawn?
bool cli_confidence_asked(const cli_confidence *c);
// Returns CLI_GO_ON, or the exit code if an option lacks the one it belongs to.
int cli_confidence_check(const cli_verb *verb, const cli_confidence *c);
// Valid as long as *c.
ig_resampling cli_confidence_resampling(cli_confidence *c);
// Comparisons to make: one for each baseline, or one without.
size_t cli_confidence_count(const cli_confidence *c);
// Writes a line of scores, "NAME|nrefs:1|REST = SCORE REST", with the interval; and a line for each
// baseline. results: (cli_confidence_count).
void cli_confidence_print(const cli_confidence *c, const char *line, const ig_resampled *results);
// Writes members of a JSON object, each with ", " before it. prefix: before their names.
void cli_confidence_print_json(const cli_confidence *c, const char *prefix,
                               const ig_resampled *results);
#endif
