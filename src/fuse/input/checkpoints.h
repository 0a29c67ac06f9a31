// Finds the checkpoints of a training run that a recipe asks for by `checkpoints: RUN` with
// `every`, `last` and `best`.
#ifndef IG_FUSE_INPUT_CHECKPOINTS_H
#define IG_FUSE_INPUT_CHECKPOINTS_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_checkpoints_wanted {
  int every;           // only those whose number of updates it divides; 0: all
  int last;            // of those, the latest so many; 0: all
  int best;            // of those, the best so many by RUN/metrics.jsonl; 0: all
  const char *metric;  // a key of the lines of that file: "bleu", "chrf", or "valid_loss" and
                       // "valid_nll", which are better if lower
} ig_checkpoints_wanted;

// Finds the directories RUN/update-N that are wanted, in the order of N. *out is an array of
// strings; the caller frees each of them, and the array. It is an error if there are none.
ig_status ig_checkpoints_find(const char *run, const ig_checkpoints_wanted *wanted, char ***out,
                              size_t *count, ig_error *err);
#endif
