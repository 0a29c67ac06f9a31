// What the output's vocabulary makes of tensors and of special ids.
#ifndef IG_FUSE_PLAN_VOCABULARY_TENSORS_H
#define IG_FUSE_PLAN_VOCABULARY_TENSORS_H
#include "fuse/plan/plan.h"

// Gives a tensor of which one dimension is the vocabulary the output's shape, and its inputs their
// rows. Others stay as they are.
ig_status ig_vocabulary_attach(ig_plan *plan, ig_plan_tensor *tensor, ig_error *err);
// Special ids of config.json and generation_config.json as the output has them. false: out of
// memory.
bool ig_vocabulary_map_ids(const ig_alignment *alignment, json_t *config);
// Ids of the donor's configuration whose pieces the output does not have are problems.
ig_status ig_vocabulary_check_ids(ig_plan *plan, ig_error *err);
#endif
