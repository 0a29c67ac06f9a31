#include "metrics.h"

#include <strings.h>

const char *const cli_metrics[CLI_METRICS] = {"bleu",   "chrf",   "ter",      "rouge1",
                                              "rouge2", "rougeL", "rougeLsum"};

bool cli_metrics_find(const char *name, ig_metric *metric) {
  for (size_t i = 0; i < CLI_METRICS; i++)
    if (strcasecmp(cli_metrics[i], name) == 0) {
      *metric = (ig_metric)i;
      return true;
    }
  return false;
}

bool cli_metrics_is_rouge(ig_metric metric) { return metric >= IG_METRIC_ROUGE_1; }
