// Carries out the stages of a recipe file, one after the other. The last one makes the output. The
// models of the others stand in OUTPUT.stages until the output is complete; a model there that an
// earlier run made from the same inputs is used again.
#ifndef IG_FUSE_CARRY_OUT_H
#define IG_FUSE_CARRY_OUT_H
#include "fuse/plan/stages.h"
#include "ingot.h"

// The stages must be planned and have no problems.
ig_status ig_carry_out(ig_stages *stages, const char *output, const ig_fuse_options *options,
                       ig_error *err);
#endif
