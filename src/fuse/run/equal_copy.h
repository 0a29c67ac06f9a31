// Copies a tensor that no method can compute with, because it has infinities: a mask of -inf, as
// some models store it. It is copied if all models have the same one.
#ifndef IG_FUSE_RUN_EQUAL_COPY_H
#define IG_FUSE_RUN_EQUAL_COPY_H
#include "fuse/run/output.h"

// Copies tensor `index` of the plan if all its inputs and its base hold the same bytes, with -inf
// among them and neither NaN nor +inf, and no adapter changes it. *copied false: it was not.
ig_status ig_equal_copy_try(const ig_fusion_plan *plan, const ig_output *output, size_t index,
                            bool *copied, ig_error *err);
#endif
