// Compares the inputs of a fusion, tensor by tensor, for the report.
#ifndef IG_FUSE_PREVIEW_COMPARE_H
#define IG_FUSE_PREVIEW_COMPARE_H
#include "base/pool.h"
#include "fuse/plan/fusion_plan.h"

// How the inputs of one tensor compare: by their differences from the base or, without a base, by
// the weights themselves.
typedef struct ig_comparison {
  const ig_plan_tensor *tensor;  // of floating point, with two inputs, or one input and a base
  // With a base: the mean over inputs of |x - base| / |base|.
  // Without: the mean over pairs of 2 |x - y| / (|x| + |y|).
  double distance;
  double cosine;        // the mean over pairs; NAN if no pair has two vectors that are not zero
  double least_cosine;  // the least over the same pairs; NAN as above
} ig_comparison;

// Reads all inputs once. The caller frees *out (*count).
ig_status ig_compare_plan(const ig_fusion_plan *plan, ig_pool *pool, ig_comparison **out,
                          size_t *count, ig_error *err);
// Writes a page with tables of colours, in which rows are layers and columns the weights in them.
ig_status ig_compare_write_page(const ig_fusion_plan *plan, const ig_comparison *items,
                                size_t count, const char *path, ig_error *err);
// Compares the inputs and writes the page.
ig_status ig_compare_and_write_page(const ig_fusion_plan *plan, ig_pool *pool, const char *path,
                                    ig_error *err);
#endif
