// What can be put in another order in a Transformer without changing what it computes, as a table
// over its tensors: the units of each feed-forward; the heads of each attention, and within a head
// the columns by which queries meet keys, and those of the values; and the columns of the residual
// stream, of which the encoder and the decoder have one each, or one together where they share an
// embedding.
//
// An order is an array: the unit that comes to stand at place i is the one that stood at order[i].
// The orders of all permutations of a model lie one after the other in one array.
#ifndef IG_FUSE_ALIGN_SYMMETRIES_H
#define IG_FUSE_ALIGN_SYMMETRIES_H
#include "model/arch/tensor_row.h"
#include "model/model.h"

typedef enum ig_permutation_kind {
  IG_PERMUTATION_STREAM,     // columns of the residual stream of a stack, or of both
  IG_PERMUTATION_UNITS,      // of a feed-forward
  IG_PERMUTATION_QUERY_KEY,  // columns of queries and keys, head by head
  IG_PERMUTATION_VALUE,      // columns of values, head by head: in the same order of heads
  IG_PERMUTATION_HEADS,      // columns of a table of relative biases: the same order of heads
} ig_permutation_kind;
enum { IG_PERMUTATION_KINDS = IG_PERMUTATION_HEADS + 1 };

typedef struct ig_permutation {
  ig_permutation_kind kind;
  ig_stack stack;
  int layer;     // in its stack; -1: of the stack
  bool cross;    // of cross-attention
  size_t count;  // of places
  size_t heads;  // that the places belong to, as many to each; 0: to none
  size_t begin;  // of its order among those of all
  size_t turn;   // those of one turn must be found together: they have one order of heads
} ig_permutation;

// A matrix, or a part of one, whose rows and columns go by permutations. A vector has one column.
typedef struct ig_symmetric_matrix {
  ig_stack stack;
  int layer;  // in its stack
  ig_part part;
  bool is_vector;  // a bias or a norm
  size_t offset;   // into the model's values
  size_t rows, columns;
  int of_rows, of_columns;  // indices of permutations; -1: they stay
} ig_symmetric_matrix;

typedef struct ig_symmetries {
  ig_permutation *permutations;
  size_t count, capacity;
  size_t places;  // of all permutations
  size_t turns;
  ig_symmetric_matrix *matrices;  // those that have a permutation
  size_t matrix_count, matrix_capacity;
  const char *stream_stays;  // why the residual stream cannot be put in another order; NULL: it can
  bool moves_sinusoids;      // its order is listed though sinusoids are added to it, and stay
} ig_symmetries;

// Lists the symmetries of a model that is listed (ig_create_listed); `where` opens the message if
// it has no decoder. ig_symmetries_free in any case.
ig_status ig_symmetries_list(const ig_model *model, const char *where, ig_symmetries *out,
                             ig_error *err);
// The same with the stream of a model to which sinusoids are added: in another order it computes
// something else, and nearly the same where the columns that move have nearly the same sinusoids.
ig_status ig_symmetries_list_with_stream(const ig_model *model, const char *where,
                                         ig_symmetries *out, ig_error *err);
void ig_symmetries_free(ig_symmetries *symmetries);
// "query_key", as messages and files call it.
const char *ig_symmetries_kind_name(ig_permutation_kind kind);
// orders (places): everything stays where it is.
void ig_symmetries_identity(const ig_symmetries *symmetries, uint32_t *orders);
// Puts values (the model's) in those orders.
ig_status ig_symmetries_apply(const ig_symmetries *symmetries, const uint32_t *orders,
                              float *values, ig_error *err);
#endif
