// Going through all pairs of a model's data once, to gather statistics: batches, progress, and
// interruption.
#ifndef IG_FUSE_SEARCH_PAIR_WALK_H
#define IG_FUSE_SEARCH_PAIR_WALK_H
#include "fuse/search/learning_data.h"

typedef struct ig_pair_walk {
  ig_learning_data *data;
  const char *name;  // of the model, for messages
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;
  size_t done, pairs;
} ig_pair_walk;

// Counts the pairs and goes to the first batch of each set.
ig_status ig_pair_walk_begin(ig_pair_walk *walk, ig_error *err);
// The next batch of a set, in walk->data->buffer. IG_INTERRUPTED: the interrupter asks to stop.
ig_status ig_pair_walk_next(ig_pair_walk *walk, ig_learning_set *set, ig_error *err);
// Tells that the batch is done.
void ig_pair_walk_tell(ig_pair_walk *walk);
#endif
