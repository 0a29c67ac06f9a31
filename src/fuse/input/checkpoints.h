// Finds the checkpoints of a training run that a recipe asks for by `checkpoints: RUN` with
// `every`, `last` and `best`: of Ingot's runs, and of those of the Trainer of transformers.
#ifndef IG_FUSE_INPUT_CHECKPOINTS_H
#define IG_FUSE_INPUT_CHECKPOINTS_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_checkpoints_wanted {
  int every;  // only those whose number of updates it divides; 0: all
  int last;   // of those, the latest so many; 0: all
  int best;   // of those, the best so many by what the run wrote of them; 0: all
  // Of RUN/metrics.jsonl: "bleu" (NULL), "chrf", or "valid_loss" and "valid_nll", which are better
  // if lower. Of the Trainer: what stands in its log, with "eval_" before it or without; better if
  // lower where it ends in "loss"; NULL: what the Trainer chose the best by, or else the loss.
  const char *metric;
} ig_checkpoints_wanted;

// Finds the directories RUN/update-N, or RUN/checkpoint-N, that are wanted, in the order of N. *out
// is an array of strings; the caller frees each of them, and the array. It is an error if there are
// none.
ig_status ig_checkpoints_find(const char *run, const ig_checkpoints_wanted *wanted, char ***out,
                              size_t *count, ig_error *err);
#endif
