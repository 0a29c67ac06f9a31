// How sure a score of a corpus is: bootstrap intervals, and tests of two systems on the same items
// (Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation"; Riezler and
// Maxwell 2005, "On Some Pitfalls in Automatic Evaluation and Significance Testing for MT"), in the
// very numbers of sacreBLEU 2.6.0.
#ifndef IG_METRIC_RESAMPLING_H
#define IG_METRIC_RESAMPLING_H
#include "ingot_score.h"

// A score that is made of sums of statistics over items: lines, or questions.
typedef struct ig_resampled_metric {
  size_t width;  // statistics of an item
  double (*score)(const void *context, const double *sums);
  // As sacreBLEU computes it of resampled items: sums and all that comes of them in float32. *wide:
  // the result is a double all the same. NULL: `score` is used.
  double (*narrow_score)(const void *context, const float *sums, bool *wide);
  const void *context;
} ig_resampled_metric;

// Checks the options; at most 2^32 - 1 items.
ig_status ig_resampling_check(const ig_resampling *options, size_t items, ig_error *err);
typedef struct ig_resampled_items {
  const double *system;    // (count, width)
  const double *baseline;  // (count, width); NULL: there is none, and nothing is tested
  size_t count;
} ig_resampled_items;
// Fills all of *out but its lines.
ig_status ig_resampling_run(const ig_resampled_metric *metric, const ig_resampled_items *items,
                            const ig_resampling *options, ig_resampled *out, ig_error *err);
#endif
