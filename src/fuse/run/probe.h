// A sample of a tensor's values.
#ifndef IG_FUSE_RUN_PROBE_H
#define IG_FUSE_RUN_PROBE_H
#include "base/pool.h"
#include "fuse/plan/fusion_plan.h"

enum { IG_PROBE_STRETCH = 64 };  // values

// Room for a sample: `values` of each.
typedef struct ig_probe {
  float *x[IG_METHOD_INPUTS], *base, *scratch;
} ig_probe;
// Pieces of a tensor, one from each of as many equal parts, at the same places for any number of
// threads; as one block, which borrows the sample. It is empty where an input has an adapter.
ig_status ig_probe_draw(const ig_probe *sample, const ig_recipe *recipe,
                        const ig_plan_tensor *tensor, size_t values, ig_pool *pool,
                        ig_merge_block *out, ig_error *err);
#endif
