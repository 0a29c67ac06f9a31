// Gram matrices of what goes into a model's linear layers on pairs of sentences: of each layer the
// mean of x^T x over its inputs x, the rows of all tokens. Layers that read the same rows (query,
// key and value of one attention) share a matrix; the output layer has one unless its weights are
// the embedding's. Of tables of embeddings the matrix is a diagonal (token_frequencies.h).
#ifndef IG_FUSE_SEARCH_GRAM_MATRICES_H
#define IG_FUSE_SEARCH_GRAM_MATRICES_H
#include "base/arena.h"
#include "fuse/search/token_frequencies.h"
#include "model/model.h"

typedef struct ig_gram_matrix {
  size_t first, end;  // the trained values of the model that are weights of it
  size_t size;
  bool of_source;  // its inputs are rows of the source
  float *values;   // (size, size)
} ig_gram_matrix;

typedef struct ig_gram_matrices {
  ig_gram_matrix *items;  // (count)
  size_t count;
  ig_token_frequencies tokens;
  ig_arena memory;
} ig_gram_matrices;

typedef struct ig_gram_matrices_args {
  const ig_model *model;
  ig_learning_data *data;
  const char *name;  // of the model, for messages
  ig_pool *pool;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;
} ig_gram_matrices_args;

// Those of a model's layers, zeros yet. ig_gram_matrices_free in any case.
ig_status ig_gram_matrices_make(const ig_model *model, ig_gram_matrices *out, ig_error *err);
// Adds x^T x of input (rows, n) to sum (n, n), on and above the diagonal. nn->scratch grows.
ig_status ig_gram_matrices_add(ig_nn *nn, size_t n, int rows, const float *input, float *sum,
                               ig_error *err);
// Copies what is above the diagonal to below it.
void ig_gram_matrices_mirror(const ig_gram_matrix *matrix);

// Of several sets the mean by their shares. ig_gram_matrices_free in any case. The same bits for
// any number of threads.
ig_status ig_gram_matrices_measure(const ig_gram_matrices_args *args, ig_gram_matrices *out,
                                   ig_error *err);
void ig_gram_matrices_free(ig_gram_matrices *matrices);
// The matrix of this tensor of the model; NULL: it is no linear layer's weight.
const ig_gram_matrix *ig_gram_matrices_find(const ig_gram_matrices *matrices,
                                            const ig_parameter *parameter);
#endif
