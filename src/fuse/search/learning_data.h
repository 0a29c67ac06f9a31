// The held-out pairs of a learned fusion, as token ids: what a step learns from, and what it is
// judged by.
#ifndef IG_FUSE_SEARCH_LEARNING_DATA_H
#define IG_FUSE_SEARCH_LEARNING_DATA_H
#include "data/batcher.h"
#include "fuse/recipe/learning.h"

// Pairs that are read in batches, epoch after epoch.
typedef struct ig_learning_set {
  const char *name;     // its source file
  const char *teacher;  // as in the recipe
  double share;         // of the loss: the shares of all sets add up to 1
  ig_corpus pairs;
  ig_batcher *batcher;
  uint64_t epoch;
  size_t next, batches;  // of the epoch
} ig_learning_set;

typedef struct ig_learning_data {
  ig_learning_set *train, *valid;  // (train_count), (valid_count: 0 if nothing is validated on)
  size_t train_count, valid_count;
  ig_batch_buffer buffer;
} ig_learning_data;

typedef struct ig_learning_data_args {
  const ig_learning *learning;
  const ig_tokenizer *tokenizer;
  ig_pool *pool;
  const ig_reporter *reporter;  // told of pairs that are left out, and of bytes that are no text
  uint64_t seed;
  int positions;  // of the model; 0: any number
  int decoder_start_id;
} ig_learning_data_args;

// Reads the files and divides them. ig_learning_data_free in any case.
ig_status ig_learning_data_load(const ig_learning_data_args *args, ig_learning_data *out,
                                ig_error *err);
void ig_learning_data_free(ig_learning_data *data);
// A number that changes with the ids.
uint64_t ig_learning_data_fingerprint(const ig_learning_data *data);

// Goes to the place of a step: each set gives one batch a step.
ig_status ig_learning_data_seek(ig_learning_data *data, int step, ig_error *err);
// The next batch of a set, in data->buffer until the next call.
ig_status ig_learning_data_next(ig_learning_data *data, ig_learning_set *set, ig_error *err);
#endif
