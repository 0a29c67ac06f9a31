// A probe: a few values of a tensor, drawn evenly, that a method sees before its passes.
#ifndef IG_FUSE_RUN_PROBE_H
#define IG_FUSE_RUN_PROBE_H
#include "base/pool.h"
#include "fuse/plan/fusion_plan.h"

enum { IG_PROBE_STRETCH = 64 };  // values that follow one another in the tensor

// The buffers: as many values as the probe has, for each input and for the base, and scratch as in
// ig_merge_block.
typedef struct ig_probe {
  float *x[IG_METHOD_INPUTS], *base, *scratch;
} ig_probe;

typedef struct ig_probe_request {
  const ig_recipe *recipe;
  const ig_plan_tensor *tensor;
  size_t values;  // rounded down to whole stretches
} ig_probe_request;

// Divides the tensor into as many equal parts as the probe has stretches, and draws one stretch of
// each, at the same positions for any number of threads. *out is a block that borrows the probe's
// buffers. It is empty if an input has an adapter, or if a part would be shorter than a stretch.
ig_status ig_probe_draw(const ig_probe *probe, const ig_probe_request *request, ig_pool *pool,
                        ig_merge_block *out, ig_error *err);
#endif
