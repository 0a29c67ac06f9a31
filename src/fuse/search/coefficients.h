// The coefficients of a learned fusion, one for each model and group of tensors, or each model and
// row of a tensor (fuse/search/tensor_groups.h), and Adam's state for them.
#ifndef IG_FUSE_SEARCH_COEFFICIENTS_H
#define IG_FUSE_SEARCH_COEFFICIENTS_H
#include "ingot/core.h"

typedef struct ig_coefficients {
  size_t models, each;  // each: of one model
  double *values;       // (models)(each)
  double *gradient;     // of the loss, likewise
  double *m, *v;        // Adam's first and second moments, likewise
  int updates;
} ig_coefficients;

// All of them `start`. ig_coefficients_free in any case.
ig_status ig_coefficients_make(size_t models, size_t each, double start, ig_coefficients *out,
                               ig_error *err);
void ig_coefficients_free(ig_coefficients *coefficients);

typedef struct ig_coefficients_step {
  double learning_rate;
  double decay, start;  // decay times the distance from `start` is added to each gradient
  double bounds[2];
} ig_coefficients_step;
// One update by Adam (Kingma & Ba 2015, algorithm 1: 0.9, 0.999, 1e-8), within the bounds.
// IG_ERROR_DIVERGED: the gradient is not finite, and nothing has changed.
ig_status ig_coefficients_update(ig_coefficients *coefficients, const ig_coefficients_step *step,
                                 ig_error *err);
#endif
