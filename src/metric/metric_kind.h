// What a metric is: it adds up statistics, one line after another, and then makes a score of the
// sums.
#ifndef IG_METRIC_METRIC_KIND_H
#define IG_METRIC_METRIC_KIND_H
#include "ingot_score.h"
#include "metric/codes.h"

#define IG_STATISTICS 36  // chrF: 3 for each of 6 orders of characters and 6 of words

typedef struct ig_metric_kind {
  // Adds the statistics of a line and its references, options->reference_count in number, which
  // have no white space at their ends. It may change the lines.
  ig_status (*add)(const ig_score_options *options, ig_codes *hypothesis, ig_codes *references,
                   double statistics[IG_STATISTICS], ig_error *err);
  // The score of the sums.
  double (*score)(const ig_score_options *options, const double *statistics);
  // The same as sacreBLEU computes it of resampled lines, whose statistics numpy has summed: in
  // float32. *wide: the result is a double all the same. NULL: sacreBLEU does not know the metric.
  double (*narrow_score)(const ig_score_options *options, const float *statistics, bool *wide);
  size_t width;  // statistics in use
  // Makes the score of the sums, and the line that sacreBLEU prints for it.
  void (*finish)(const ig_score_options *options, const double statistics[IG_STATISTICS],
                 ig_score *out);
} ig_metric_kind;

extern const ig_metric_kind ig_metric_bleu, ig_metric_chrf, ig_metric_ter, ig_metric_rouge;
#define IG_SACREBLEU "2.6.0"  // the version whose numbers and signature these are
#endif
