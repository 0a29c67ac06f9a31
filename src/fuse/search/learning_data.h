// The held-out sets of a learned fusion, as token ids: what a step learns from, and what it is
// judged by. A set is pairs of lines, or windows of questions with what is wanted of them
// (answer/answer_corpus.h), which are pairs, too.
#ifndef IG_FUSE_SEARCH_LEARNING_DATA_H
#define IG_FUSE_SEARCH_LEARNING_DATA_H
#include "data/batcher.h"
#include "fuse/recipe/learning.h"
#include "model/config.h"

// Pairs that are read in batches, epoch after epoch.
typedef struct ig_learning_set {
  const char *name;     // its file, of lines that of the source
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
  // Target tokens of a batch of pairs to learn from, at most, whatever the sentences. 0: learning
  // says how many sentences it has.
  int batch_tokens;
  const ig_config *config;  // of the models
} ig_learning_data_args;

// Whether models of this configuration learn from pairs of lines or from questions; `where` opens
// the message, `method` is what needs it.
ig_status ig_learning_data_check_model(const ig_config *config, const char *where,
                                       const char *method, ig_error *err);

// Reads the files and divides them. ig_learning_data_free in any case.
ig_status ig_learning_data_load(const ig_learning_data_args *args, ig_learning_data *out,
                                ig_error *err);
void ig_learning_data_free(ig_learning_data *data);
// The largest of any set's batches to learn from, of the epoch that is laid out, in each number.
ig_batch_bounds ig_learning_data_largest(const ig_learning_data *data);
// A number that changes with the ids.
uint64_t ig_learning_data_fingerprint(const ig_learning_data *data);

// Goes to the place of a step: each set gives one batch a step.
ig_status ig_learning_data_seek(ig_learning_data *data, int step, ig_error *err);
// The next batch of a set, in data->buffer until the next call.
ig_status ig_learning_data_next(ig_learning_data *data, ig_learning_set *set, ig_error *err);
#endif
