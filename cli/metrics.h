// The names of metrics on the command line.
#ifndef CLI_METRICS_H
#define CLI_METRICS_H
#include "ingot_score.h"

enum { CLI_METRICS = IG_METRIC_ROUGE_LSUM + 1 };
extern const char *const cli_metrics[CLI_METRICS];  // in the order of ig_metric

// Stores the metric of that name, whose case does not matter; false: there is none.
bool cli_metrics_find(const char *name, ig_metric *metric);
// Is it one of ROUGE's?
bool cli_metrics_is_rouge(ig_metric metric);
#endif
