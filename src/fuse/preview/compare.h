// Compares the inputs of a fusion, tensor by tensor, for the report.
#ifndef IG_FUSE_PREVIEW_COMPARE_H
#define IG_FUSE_PREVIEW_COMPARE_H
#include "base/pool.h"
#include "fuse/plan/fusion_plan.h"

// The inputs of one tensor: their differences from the base, or, without a base, the weights
// themselves.
typedef struct ig_comparison {
  const ig_plan_tensor *tensor;  // of floating point, two inputs or more (one, with a base)
  // With a base: the mean over inputs of |x - base| / |base|.
  // Without: the mean over pairs of 2 |x - y| / (|x| + |y|).
  double distance;
  double cosine;  // mean over pairs; NAN: there is no pair, or one of all pairs is zero
  double least_cosine;
} ig_comparison;

// Reads all inputs once. *out (*count): for the caller to free().
ig_status ig_compare_plan(const ig_fusion_plan *plan, ig_pool *pool, ig_comparison **out,
                          size_t *count, ig_error *err);
// Writes a page with tables of colours, in which rows are layers and columns the weights in them.
ig_status ig_compare_write_page(const ig_fusion_plan *plan, const ig_comparison *items,
                                size_t count, const char *path, ig_error *err);
// Both: compares, and writes the page.
ig_status ig_compare_and_write_page(const ig_fusion_plan *plan, ig_pool *pool, const char *path,
                                    ig_error *err);
#endif
