// Two models run over the same pairs of sentences, and what their taps see is summed.
#ifndef IG_FUSE_ALIGN_ACTIVATION_PAIRS_H
#define IG_FUSE_ALIGN_ACTIVATION_PAIRS_H
#include "fuse/align/activation_taps.h"
#include "fuse/search/learning_data.h"

typedef struct ig_activation_pairs {
  const ig_model *models[2];  // by ig_aligned_role: of one shape
  ig_learning_data *data;
  const char *name;  // of the model that is put in order, for messages
  ig_pool *pool;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;
} ig_activation_pairs;

// Adds to the sums of taps, which are 0. The same bits for any number of threads.
ig_status ig_activation_pairs_sum(const ig_activation_pairs *pairs, ig_activation_taps *taps,
                                  ig_error *err);
#endif
