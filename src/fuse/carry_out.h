// Carries the stages of a recipe file out, one after the other, into the directory of the last
// one's product. The others' models are in OUTPUT.stages meanwhile: one that an earlier run made
// from the same inputs is kept.
#ifndef IG_FUSE_CARRY_OUT_H
#define IG_FUSE_CARRY_OUT_H
#include "fuse/plan/stages.h"

// The stages are planned and without problems.
ig_status ig_carry_out(ig_stages *stages, const char *output, const ig_fuse_options *options,
                       ig_error *err);
#endif
