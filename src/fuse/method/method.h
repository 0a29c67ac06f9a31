// A method of fusion: what becomes of one tensor, given its values in each model. Methods are pure:
// they see blocks of values, never files or threads.
//
// A tensor is cut into blocks of whole rows; the cut is the same for any number of threads. A
// method reads all blocks up to `passes` times, to gather what it must know of the whole tensor
// (norms, thresholds), and then once more to combine. What the blocks gather is added up in the
// order of blocks, so the number of threads changes no bit. A method that needs all values at once
// keeps them in its state: gather writes those of its block there, and end_pass works on the whole
// with the pool. All arithmetic is on float values of the inputs; sums are double.
//
// The order of calls for one tensor:
//
//   begin
//   probe                  if the tensor has several blocks, and probe_size asked for values
//   for each pass 0 .. passes - 1 for which wants() is true:
//     gather, gather, ...  once for each block, in any order, in parallel
//     end_pass             once, with the sums over all blocks
//   combine, combine, ...  once for each block, in any order, in parallel
//
// An example: slerp (one pass, three sums) at t = 0.5, on a tensor of two rows and two columns that
// is cut into two blocks of one row:
//
//                                   block 0    block 1
//   base a                          1   2       2   0
//   model b                         2   1      -2   0
//   gather:  a.a, b.b, a.b          5, 5, 4    4, 4, -4
//   end_pass is given 9, 9, 0: the angle is 90 degrees, so a and b both weigh
//            sin 45 / sin 90 = 0.7071; it writes these two factors to the state.
//   combine: 0.7071 a + 0.7071 b    2.1213 2.1213    0 0
//
// No block could have known the angle alone: in block 0 it is 37 degrees, in block 1 it is 180.
#ifndef IG_FUSE_METHOD_METHOD_H
#define IG_FUSE_METHOD_METHOD_H
#include <stdint.h>
#include "base/pool.h"
#include "kernel/kernels.h"

enum { IG_METHOD_PARAMETERS = 8, IG_METHOD_INPUTS = 1024 };

// What a method does with the recipe's base_model.
typedef enum ig_base_use {
  IG_BASE_USE_NONE,      // it is one more input
  IG_BASE_USE_OPTIONAL,  // if the recipe names one, inputs are taken as differences from it
  IG_BASE_USE_REQUIRED,
} ig_base_use;

typedef enum ig_value_kind {
  IG_VALUE_NUMBER,
  IG_VALUE_INTEGER,
  IG_VALUE_FLAG,
  IG_VALUE_RESCALE,
  IG_VALUE_SCOPE
} ig_value_kind;

// What makes up for values that were left out. In a recipe, false and true mean the first two.
typedef enum ig_rescale {
  IG_RESCALE_NONE,
  IG_RESCALE_L1,       // the L1 norm becomes what it was before
  IG_RESCALE_INVERSE,  // values are divided by the part that stays, or by their probability to stay
} ig_rescale;

// What the passes treat as one tensor.
typedef enum ig_scope {
  IG_SCOPE_TENSOR,
  IG_SCOPE_MODEL,  // all tensors of scope model, one after the other in the order of their names
} ig_scope;

// What the method makes (fuse/run/fusion_product.h). A method that makes an adapter combines
// nothing: it consists of its table entry alone.
typedef enum ig_fusion_product_kind {
  IG_FUSION_PRODUCT_MODEL,
  IG_FUSION_PRODUCT_ADAPTER,
} ig_fusion_product_kind;

// What a method must know of its models besides their weights: statistics that are gathered on data
// (fuse/search/statistics.h).
typedef enum ig_statistic_kind {
  IG_STATISTIC_KIND_NONE,
  IG_STATISTIC_KIND_FISHER,  // of each value, the mean square of its gradient
  // Of each linear layer's weight the mean of x^T x over its inputs x, of each table of embeddings
  // how often each token goes in.
  IG_STATISTIC_KIND_GRAM,
} ig_statistic_kind;

typedef struct ig_method_parameter {
  const char *name;
  ig_value_kind kind;
  bool of_model;  // each model has a value of its own; the base has none
  bool required;
  double fallback, least, most;
} ig_method_parameter;

// One tensor that is being fused. Values of parameters are in the order of the method's table.
typedef struct ig_merge_tensor {
  const struct ig_method *method;
  const ig_kernels *kernels;
  const char *name;      // of the output tensor
  size_t rows, columns;  // columns is the last dimension; a vector is one row
  int rank;
  size_t first_dimension;  // of the shape; 1 for a scalar
  size_t blocks;
  size_t inputs;  // models besides the base
  bool has_base;
  const double (*of_model)[IG_METHOD_PARAMETERS];  // (inputs)
  const double *shared;                            // (IG_METHOD_PARAMETERS)
  // (inputs): the index of each input among the models that the recipe names for this tensor. It
  // chooses the input's random numbers, so a model that lacks the tensor changes no other's mask.
  const size_t *model_keys;
  uint64_t seed;
  // (inputs)(columns, columns): the Gram matrix of the inputs of each model's layer, from begin to
  // the last combine; NULL: the tensor is no linear layer's weight, or the method asks for none.
  const float *const *grams;
  // (inputs)(rows): how often the token of each row goes into each model's table of embeddings, as
  // long as grams. NULL: the tensor is no such table, or the method asks for nothing of it.
  const float *const *frequencies;
  const double *statistic_norms;  // (inputs): L2, over all tensors of a model; NULL: no statistics
  // Of a method that learns: (inputs)(coefficient_rows): what each row of each model is multiplied
  // with; one row stands for all. NULL: the tensor is not learned.
  const float *coefficients;
  size_t coefficient_rows;
  // method->state_size bytes, zeroed before begin. begin, probe and end_pass may write all of it;
  // gather, which runs in parallel, only the part that belongs to its block.
  void *state;
  // method->workspace_size bytes, not initialised. Valid from begin to the last end_pass; combine
  // must not use it.
  void *workspace;
  ig_pool *pool;  // for end_pass; NULL: serially, as for a tensor of one block
} ig_merge_tensor;

// Some rows of a tensor.
typedef struct ig_merge_block {
  size_t index, first_row, rows;  // block number; rows first_row .. first_row + rows - 1
  size_t count;                   // rows * columns
  const float *const *x;          // (inputs)(count)
  const float *base;              // (count), or NULL
  // (inputs)(count): the statistic of each value; NULL: the tensor has none, for it is not trained.
  const float *const *statistics;
  // (inputs)(count): random numbers in [0, 1) to use instead of the method's own. NULL: none.
  float *const *uniform;
  float *scratch;  // (inputs + 2, count): may be used freely
} ig_merge_block;

// What gather adds to, and what end_pass is given.
typedef struct ig_gathered {
  double *sums;  // (method->sums): in gather of this block, in end_pass of the whole tensor
  // (method->counts): whole numbers only. In gather those of the blocks that this thread has seen,
  // in end_pass those of the whole tensor.
  uint64_t *counts;
} ig_gathered;

typedef struct ig_method {
  const char *name;
  const char *summary;  // one line
  const void *variant;  // what distinguishes the methods of one family; read only by its own file
  ig_base_use base;
  size_t least_inputs, most_inputs;
  // Its models are candidates, chosen by their scores on held-out data (fuse/recipe/soup.h).
  bool needs_scores;
  // Its coefficients are found on held-out data first (fuse/search/learn.h). It combines by those
  // of rows; by those of tensors other methods do, whose recipes need no file for them.
  bool learns;
  ig_statistic_kind statistics;
  ig_fusion_product_kind product;
  ig_method_parameter parameters[IG_METHOD_PARAMETERS];  // up to a name of NULL
  // What is wrong with these values of parameters together. NULL: nothing.
  const char *(*refuses)(const ig_merge_tensor *merge);

  // True if, with these shared parameters, all tensors are treated as one long vector, of one row
  // (a density over the whole model). begin, gather and end_pass then see that vector; combine sees
  // each tensor, with the state and the block numbers of the vector. NULL: each tensor is on its
  // own.
  bool (*joins_tensors)(const double *shared);
  // Why these two tensors cannot be parts of one vector. NULL: they can.
  const char *(*refuses_joining)(const ig_merge_tensor *first, const ig_merge_tensor *other);

  // Sizes; a function of NULL stands for 0.
  int passes;
  size_t (*state_size)(const ig_merge_tensor *merge);        // bytes
  size_t (*workspace_size)(const ig_merge_tensor *merge);    // bytes
  size_t (*probe_size)(const ig_merge_tensor *merge);        // values; asked if blocks > 1
  size_t (*sums)(const ig_merge_tensor *merge, int pass);    // doubles that a pass gathers
  size_t (*counts)(const ig_merge_tensor *merge, int pass);  // whole numbers that a pass gathers

  // True if, with these parameters, the method needs a random number for each value of the model.
  // NULL: never.
  bool (*draws)(const double *of_model);

  // The calls, in the order that the top of this file shows. begin and probe may be NULL if there
  // is nothing to do, gather and end_pass if there are no passes. A method that makes an adapter
  // has none of them.
  void (*begin)(ig_merge_tensor *merge);  // before anything is read
  // A few values, drawn evenly from the tensor, as if they were a block: a hint for the passes.
  void (*probe)(ig_merge_tensor *merge, const ig_merge_block *probe);
  // Whether this pass is needed, given what those before it found. NULL: all are.
  bool (*wants)(const ig_merge_tensor *merge, int pass);
  void (*gather)(const ig_merge_tensor *merge, int pass, const ig_merge_block *block,
                 ig_gathered *to);
  void (*end_pass)(ig_merge_tensor *merge, int pass, const ig_gathered *all);
  void (*combine)(const ig_merge_tensor *merge, const ig_merge_block *block,
                  float *out);  // out (count)
} ig_method;

// The table of methods; NULL after the last one.
extern const ig_method *const ig_methods[];
const ig_method *ig_method_find(const char *name);  // NULL: none has that name
#endif
