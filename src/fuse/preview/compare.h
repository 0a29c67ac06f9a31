// Compares the inputs of a fusion, tensor by tensor, for the report.
#ifndef IG_FUSE_PREVIEW_COMPARE_H
#define IG_FUSE_PREVIEW_COMPARE_H
#include "base/pool.h"
#include "page/page.h"
#include "fuse/plan/fusion_plan.h"

// Two inputs of a tensor: their differences from the base or, without a base, their weights.
typedef struct ig_compared_pair {
  double xx, yy, xy;  // the inner products of the two vectors
} ig_compared_pair;
// NAN if one of the vectors is zero.
double ig_compare_cosine(const ig_compared_pair *pair);
double ig_compare_distance(const ig_compared_pair *pair);  // 2 |x - y| / (|x| + |y|)

// How the inputs of one tensor compare.
typedef struct ig_comparison {
  const ig_plan_tensor *tensor;  // of floating point, with two inputs, or one input and a base
  ig_compared_pair *pairs;       // of inputs 1 and 0, 2 and 0, 2 and 1, 3 and 0, …; borrowed
  // With a base: the mean over inputs of |x - base| / |base|. Without: of the pairs' distances.
  double distance;
  double cosine;  // the mean over pairs; NAN if no pair has two vectors that are not zero
} ig_comparison;

typedef struct ig_comparisons {
  ig_comparison *items;
  size_t count;
  ig_compared_pair *pairs;  // of all items
} ig_comparisons;           // ig_compare_free

// Reads all inputs once.
ig_status ig_compare_plan(const ig_fusion_plan *plan, ig_pool *pool, ig_comparisons *out,
                          ig_error *err);
void ig_compare_free(ig_comparisons *compared);
// Draws tables of colours, in which rows are layers and columns the weights in them: of all models,
// and of each pair of them.
ig_status ig_compare_draw(const ig_page *page, const ig_fusion_plan *plan,
                          const ig_comparisons *compared, ig_error *err);
#endif
