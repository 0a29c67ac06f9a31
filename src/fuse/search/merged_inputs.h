// Gram matrices of what goes into the linear layers of the model that is being made (Nguyen et al.
// 2025, RegMean++, arXiv:2508.03121): the inputs of a layer come from layers that are fused
// already. All pairs go through the model together, in one batch. Each layer is fused by the
// recipe's method when its inputs are there, just before it computes with the fused weights.
#ifndef IG_FUSE_SEARCH_MERGED_INPUTS_H
#define IG_FUSE_SEARCH_MERGED_INPUTS_H
#include "fuse/plan/fusion_plan.h"
#include "fuse/search/gram_matrices.h"

typedef struct ig_merged_inputs_args {
  const ig_fusion_plan *plan;
  ig_model *model;         // the donor's; its trained values become those of the fused model
  ig_learning_data *data;  // one batch of each of the request's sets, in their order
  const double *shares;    // (models)(sets): of a set in a model's mean
  ig_pool *pool;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;
} ig_merged_inputs_args;

// out (models): zeros, of args->model (ig_gram_matrices_make). The same bits for any number of
// threads. Memory: activations of all pairs.
ig_status ig_merged_inputs_measure(const ig_merged_inputs_args *args, ig_gram_matrices *out,
                                   ig_error *err);
#endif
