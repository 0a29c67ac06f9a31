// Tensors of which one dimension is the vocabulary: embeddings, output layers and their biases.
#ifndef IG_FUSE_PLAN_VOCABULARY_TENSORS_H
#define IG_FUSE_PLAN_VOCABULARY_TENSORS_H
#include "fuse/plan/fusion_plan.h"

// If one dimension of the tensor is the vocabulary, gives the tensor the output's shape and its
// inputs their rows. Other tensors are not changed.
ig_status ig_vocabulary_tensors_attach(ig_fusion_plan *plan, ig_plan_tensor *tensor, ig_error *err);
enum { IG_VOCABULARY_BOTH_SIDES = -1 };
// The rows of a model's tensors of this kind, of one side or of both: the fewest of them. SIZE_MAX:
// it has none.
size_t ig_vocabulary_tensors_rows(const ig_safetensors *tensors, int side);
// Whether the tensor's rows are to be matched and cannot be, so that its shapes need not be alike.
bool ig_vocabulary_tensors_is_unmatched(const ig_fusion_plan *plan, const ig_plan_tensor *tensor);
// Whether all models of the plan have as many rows as each other in each tensor of this kind.
bool ig_vocabulary_tensors_are_alike(const ig_fusion_plan *plan);
#endif
