// A batch with all of its sequences twice: first all, then all again. Dropout draws other numbers
// for the second ones.
#ifndef IG_TRAIN_DOUBLED_BATCH_H
#define IG_TRAIN_DOUBLED_BATCH_H
#include "base/arena.h"
#include "data/batcher.h"
#include "ingot.h"

typedef struct ig_doubled_batch {
  ig_batch batch;
  ig_arena memory;
} ig_doubled_batch;  // ig_doubled_batch_free

// Memory for batches up to the bounds, of which the copy has twice as much.
ig_status ig_doubled_batch_reserve(ig_doubled_batch *doubled, const ig_batch_bounds *most,
                                   ig_error *err);
// batch has target_output and no masks.
ig_status ig_doubled_batch_fill(ig_doubled_batch *doubled, const ig_batch *batch, ig_error *err);
void ig_doubled_batch_free(ig_doubled_batch *doubled);
#endif
