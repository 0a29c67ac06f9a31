// What metrics.jsonl tells of a run, read line by line, and the settings beside it.
#ifndef IG_TRAIN_PAGE_RUN_METRICS_H
#define IG_TRAIN_PAGE_RUN_METRICS_H
#include <jansson.h>
#include <stdbool.h>
#include "ingot/core.h"

// What lines say of an update, in numbers.
typedef enum ig_run_measure {
  IG_RUN_MEASURE_LOSS,
  IG_RUN_MEASURE_VALID_LOSS,
  IG_RUN_MEASURE_BLEU,
  IG_RUN_MEASURE_CHRF,
  IG_RUN_MEASURE_F1,
  IG_RUN_MEASURE_EXACT,
  IG_RUN_MEASURE_ACCURACY,
  IG_RUN_MEASURE_KL_DIVERGENCE,
  IG_RUN_MEASURE_LEARNING_RATE,
  IG_RUN_MEASURE_RATE,
  IG_RUN_MEASURE_GRADIENT_NORM,
  IG_RUN_MEASURE_SECONDS,
  IG_RUN_MEASURE_COUNT
} ig_run_measure;
// The key of a measure in metrics.jsonl.
const char *ig_run_metrics_key(ig_run_measure measure);

// The values of one measure, in the order of updates.
typedef struct ig_run_series {
  double *update, *value;  // (count)
  size_t count, update_capacity, value_capacity;
} ig_run_series;

// Lines that are not as they should be.
typedef struct ig_odd_lines {
  size_t count, first;  // first: the number of the first one
} ig_odd_lines;

typedef struct ig_run_metrics {
  char *name;  // what the run is called: its directory
  char *path;  // of metrics.jsonl
  ig_run_series series[IG_RUN_MEASURE_COUNT];
  double last_update;
  json_t *samples;          // of the last validation that has some; NULL: none
  double sampled;           // the update of that validation
  json_t *changes;          // lines of a run that went on with other values; NULL: none
  json_t *settings;         // an object of keys, "train.seed"; NULL: unknown
  ig_odd_lines unreadable;  // left out
  char why[256];            // of the first one
  ig_odd_lines backward;    // of an earlier update than the line before
  bool incomplete;          // the last line is not finished: left out
} ig_run_metrics;           // ig_run_metrics_free

// run: the output directory of a training, or a metrics.jsonl, .gz too. A file none of whose lines
// can be read is IG_ERROR_FORMAT with the first one's number. Free *out also after a failure.
ig_status ig_run_metrics_read(const char *run, ig_run_metrics *out, ig_error *err);
void ig_run_metrics_free(ig_run_metrics *metrics);
// The seconds of updates at an update, between those of lines: NAN where no line tells any.
double ig_run_metrics_seconds(const ig_run_metrics *metrics, double update);
#endif
