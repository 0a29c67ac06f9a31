// How far the inputs of a fusion are from one another, tensor by tensor: what a report shows.
#ifndef IG_FUSE_PREVIEW_COMPARE_H
#define IG_FUSE_PREVIEW_COMPARE_H
#include "base/pool.h"
#include "fuse/plan/fusion_plan.h"

// Of one tensor. With a base: of the differences from it; without: of the weights themselves.
typedef struct ig_comparison {
  const ig_plan_tensor *tensor;  // of floating point, two inputs or more (one, with a base)
  double distance;  // mean over inputs of |x - base| / |base|; without a base over pairs of 2 |x -
                    // y| / (|x| + |y|)
  double cosine;    // mean over pairs; NAN: there is no pair, or one of all pairs is zero
  double least_cosine;
} ig_comparison;

// Reads all inputs once. *out (*count): for the caller to free().
ig_status ig_compare_plan(const ig_fusion_plan *plan, ig_pool *pool, ig_comparison **out,
                          size_t *count, ig_error *err);
// A page with a table of colours: rows are layers, columns the weights in them.
ig_status ig_compare_write_page(const ig_fusion_plan *plan, const ig_comparison *items,
                                size_t count, const char *path, ig_error *err);
// Both: compares, and writes the page.
ig_status ig_compare_and_write_page(const ig_fusion_plan *plan, ig_pool *pool, const char *path,
                                    ig_error *err);
#endif
