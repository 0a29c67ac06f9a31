// How often each token goes into a model's tables of embeddings, in a mean input. A table is a
// linear layer whose inputs are all zeros but for one 1, so this is the diagonal of their Gram
// matrix (fuse/search/gram_matrices.h), which has no other values.
#ifndef IG_FUSE_SEARCH_TOKEN_FREQUENCIES_H
#define IG_FUSE_SEARCH_TOKEN_FREQUENCIES_H
#include "base/arena.h"
#include "fuse/search/learning_data.h"
#include "model/model.h"

typedef struct ig_token_table {
  size_t first;     // its place among the trained values of the model
  size_t size;      // V
  bool read_by[2];  // which sides' tokens it embeds (ig_side); of both the frequencies are added
  double *sums;     // (size)
  float *values;    // (size): the sums, when ig_token_frequencies_round is called
} ig_token_table;

typedef struct ig_token_frequencies {
  ig_token_table tables[2];
  size_t count;
  ig_arena memory;
} ig_token_frequencies;

// Those of a model's tables, zeros yet. ig_token_frequencies_free in any case.
ig_status ig_token_frequencies_make(const ig_model *model, ig_token_frequencies *out,
                                    ig_error *err);
void ig_token_frequencies_free(ig_token_frequencies *frequencies);
// Adds a batch of a set that has this share of the mean.
void ig_token_frequencies_add(const ig_token_frequencies *frequencies, const ig_batch *batch,
                              const ig_learning_set *set, double share);
// Rounds the sums.
void ig_token_frequencies_round(const ig_token_frequencies *frequencies);
// The table that this tensor of the model is; NULL: it is none.
const ig_token_table *ig_token_frequencies_find(const ig_token_frequencies *frequencies,
                                                const ig_parameter *parameter);
#endif
