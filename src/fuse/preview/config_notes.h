// Notes what differs between the configurations of the models that are fused and matters for what a
// model computes: the output has the donor's, whatever the other models were trained with.
#ifndef IG_FUSE_PREVIEW_CONFIG_NOTES_H
#define IG_FUSE_PREVIEW_CONFIG_NOTES_H
#include "fuse/plan/fusion_plan.h"

// Adds at most ten notes, and one that counts the rest. problems (count): keys of config.json whose
// differences are problems, and are told as such.
ig_status ig_config_notes_add(const ig_fusion_plan *plan, const char *const *problems, size_t count,
                              ig_problems *notes, ig_error *err);
#endif
