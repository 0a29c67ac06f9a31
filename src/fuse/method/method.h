// A method of fusion: what becomes of one tensor, given its values in each model. Methods are pure:
// they see blocks of values, never files or threads.
//
// A tensor is cut into blocks of whole rows, the same for any number of threads. Up to `passes`
// times all blocks are read to gather what the method must know of the whole tensor (norms,
// thresholds), then once more to combine. What a block gathers is added up in the order of blocks,
// so that no thread changes a bit. A method that needs all values at once keeps them in its state:
// gather puts those of its block there, end_pass works on the whole with the pool. All arithmetic
// is on float values of the inputs, sums are double.
#ifndef IG_FUSE_METHOD_METHOD_H
#define IG_FUSE_METHOD_METHOD_H
#include <stdint.h>
#include "base/pool.h"
#include "kernel/kernels.h"

enum { IG_METHOD_PARAMETERS = 8, IG_METHOD_INPUTS = 64 };

typedef enum ig_base_use {
  IG_BASE_USE_NONE,      // a base_model is one more input
  IG_BASE_USE_OPTIONAL,  // inputs are taken as differences from it where it is given
  IG_BASE_USE_REQUIRED,
} ig_base_use;

typedef enum ig_value_kind {
  IG_VALUE_NUMBER,
  IG_VALUE_INTEGER,
  IG_VALUE_FLAG,
  IG_VALUE_RESCALE,
  IG_VALUE_SCOPE
} ig_value_kind;

// What makes up for values that were left out; in a recipe also false and true, for the first two.
typedef enum ig_rescale {
  IG_RESCALE_NONE,
  IG_RESCALE_L1,       // to the L1 norm before
  IG_RESCALE_INVERSE,  // by 1 / the part, or the probability, that stays
} ig_rescale;

// What the passes see as one tensor.
typedef enum ig_scope {
  IG_SCOPE_TENSOR,
  IG_SCOPE_MODEL,  // all tensors of this scope, one behind the other in the order of their names
} ig_scope;

typedef struct ig_method_parameter {
  const char *name;
  ig_value_kind kind;
  bool of_model;  // each model has its own; the base has none
  bool required;
  double fallback, least, most;
} ig_method_parameter;

// One tensor of the output. Values of parameters stand in the order of the method's table.
typedef struct ig_merge_tensor {
  const struct ig_method *method;
  const ig_kernels *kernels;
  const char *name;      // of the output tensor
  size_t rows, columns;  // the last dimension is columns; a vector is one row
  int rank;
  size_t first_dimension;  // of the shape; 1 of a scalar
  size_t blocks;
  size_t inputs;  // models besides the base
  bool has_base;
  const double (*of_model)[IG_METHOD_PARAMETERS];  // (inputs)
  const double *shared;                            // (IG_METHOD_PARAMETERS)
  const size_t *model_keys;  // (inputs): among the recipe's models, keys of random numbers
  uint64_t seed;
  void *state;  // method->state_size bytes, zero at first: written by end_pass, and by gather at
                // places of its block alone
  void *workspace;  // method->workspace_size bytes, of any content
  ig_pool *pool;    // for end_pass, where a tensor of several blocks is at hand; else NULL
} ig_merge_tensor;

// Some rows of it.
typedef struct ig_merge_block {
  size_t index, first_row, rows;  // block number; rows first_row .. first_row + rows - 1
  size_t count;                   // rows * columns
  const float *const *x;          // (inputs)(count)
  const float *base;              // (count) or NULL
  float *const *uniform;  // (inputs)(count): random numbers in [0, 1) to use in place of the
                          // method's own; NULL: none
  float *scratch;         // (inputs + 2, count): may be used freely
} ig_merge_block;

// What gathering adds up.
typedef struct ig_gathered {
  double *sums;      // (method->sums): of this block; later of the whole tensor
  uint64_t *counts;  // (method->counts): whole numbers only, of all blocks that came before on this
                     // thread; later of the whole tensor
} ig_gathered;

typedef struct ig_method {
  const char *name;
  const char *summary;  // one line
  const void *variant;  // what distinguishes the methods of one family, its own business
  ig_base_use base;
  size_t least_inputs, most_inputs;
  bool chosen;    // its models are chosen by their scores (fuse/recipe/soup.h)
  bool extracts;  // it makes an adapter instead of a model (fuse/run/extract.h): there is nothing
                  // to combine
  ig_method_parameter parameters[IG_METHOD_PARAMETERS];  // up to a name of NULL
  const char *(*refuses)(const ig_merge_tensor *merge);  // what is wrong with these values of
                                                         // parameters together; NULL: nothing
  // Are the passes over all tensors with these shared parameters as over one, of one row? State and
  // numbers of blocks in combine are then those of the whole. NULL: never.
  bool (*joins_tensors)(const double *shared);
  const char *(*refuses_joining)(
      const ig_merge_tensor *first,
      const ig_merge_tensor *other);  // why these two cannot be parts of one; NULL: they can
  int passes;
  size_t (*state_size)(const ig_merge_tensor *merge);      // NULL: none
  size_t (*workspace_size)(const ig_merge_tensor *merge);  // NULL: none
  void (*begin)(ig_merge_tensor *merge);  // before anything is read; NULL: nothing to do
  size_t (*probe_size)(const ig_merge_tensor *merge);  // values to look at before the passes, of a
                                                       // tensor of several blocks; NULL: none
  void (*look)(ig_merge_tensor *merge,
               const ig_merge_block *sample);  // at values drawn evenly, as if they were a block
  size_t (*sums)(const ig_merge_tensor *merge, int pass);    // doubles gathered; NULL: none
  size_t (*counts)(const ig_merge_tensor *merge, int pass);  // NULL: none
  bool (*draws)(const double *of_model);  // does it need a random number for each value, with these
                                          // parameters? NULL: never
  bool (*wants)(const ig_merge_tensor *merge,
                int pass);  // is this pass needed, after those before it? NULL: all are
  void (*gather)(const ig_merge_tensor *merge, int pass, const ig_merge_block *block,
                 ig_gathered *to);
  void (*end_pass)(ig_merge_tensor *merge, int pass, const ig_gathered *all);
  void (*combine)(const ig_merge_tensor *merge, const ig_merge_block *block,
                  float *out);  // (count)
} ig_method;

// The table of methods, NULL behind the last.
extern const ig_method *const ig_methods[];
const ig_method *ig_method_find(const char *name);  // NULL: none of that name
#endif
