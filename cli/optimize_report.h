// What `ingot optimize` prints: the error of each tensor, the bytes, and the scores of a check.
#ifndef CLI_OPTIMIZE_REPORT_H
#define CLI_OPTIMIZE_REPORT_H
#include "ingot_optimize.h"

typedef struct cli_optimize_report {
  ig_optimized_tensor *tensors;  // (count), each with a name of its own
  size_t count, capacity;
  bool failed;          // memory was out
} cli_optimize_report;  // start from {0}

// BLEU and chrF.
enum { CLI_CHECK_SCORES = 2 };
typedef struct cli_optimize_check {
  double before[CLI_CHECK_SCORES], after[CLI_CHECK_SCORES];
} cli_optimize_check;

// The `tensor` of ig_optimize_options; context: the report.
void cli_optimize_report_add(void *context, const ig_optimized_tensor *tensor);
// Prints to standard output: all tensors, or on a terminal the ten that lose most. check NULL:
// there was none. json: one object.
void cli_optimize_report_print(cli_optimize_report *report, const ig_optimized *sum,
                               const cli_optimize_check *check, bool json);
void cli_optimize_report_free(cli_optimize_report *report);
#endif
