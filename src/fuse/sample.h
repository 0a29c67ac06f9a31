// Values of inputs as methods see them, and a sample of them.
#ifndef IG_FUSE_SAMPLE_H
#define IG_FUSE_SAMPLE_H
#include "base/pool.h"
#include "fuse/plan.h"

// Rounds what has been read to the recipe's dtype, where it is another one or an adapter was added.
void ig_input_round(const ig_recipe *recipe, const ig_plan_input *input, size_t count, float *x);
// Values first .. first + count - 1 of an input of the tensor, without its adapter.
ig_status ig_input_read(const ig_recipe *recipe, const ig_plan_tensor *tensor, const ig_plan_input *input, size_t first, size_t count, float *out,
                        ig_error *err);

enum { IG_SAMPLE_PIECE = 64 };  // values

// Room for a sample: `values` of each.
typedef struct ig_sample {
  float *x[IG_METHOD_INPUTS], *base, *scratch;
} ig_sample;
// Pieces of a tensor, one from each of as many equal parts, at the same places for any number of threads; as one block, which borrows the sample. It is empty where
// an input has an adapter.
ig_status ig_sample_draw(const ig_sample *sample, const ig_recipe *recipe, const ig_plan_tensor *tensor, size_t values, ig_pool *pool,
                         ig_merge_block *out, ig_error *err);
#endif
