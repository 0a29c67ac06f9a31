// Tensors of which one dimension is the vocabulary: embeddings, output layers and their biases.
#ifndef IG_FUSE_PLAN_VOCABULARY_TENSORS_H
#define IG_FUSE_PLAN_VOCABULARY_TENSORS_H
#include "fuse/plan/fusion_plan.h"

// Gives a tensor of which one dimension is the vocabulary the output's shape, and its inputs their
// rows. Others stay as they are.
ig_status ig_vocabulary_tensors_attach(ig_fusion_plan *plan, ig_plan_tensor *tensor, ig_error *err);
#endif
