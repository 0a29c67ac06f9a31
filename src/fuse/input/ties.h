// Tied weights: several names of one tensor, by what a model's config.json says. Such a tensor is
// fused once and written once, under the name that the others are tied to.
#ifndef IG_FUSE_INPUT_TIES_H
#define IG_FUSE_INPUT_TIES_H
#include "fuse/input/fuse_models.h"
#include "base/problems.h"

// Names that may be tied, up to NULL.
extern const char *const ig_ties_names[];

// The name of the tensor that this one is tied to in the model; the name itself if it is not tied.
const char *ig_ties_source(const ig_fuse_model *m, const char *name);
// What the model has for a name: a tensor of that name, or one that it is tied to. NULL: neither.
const ig_safetensor *ig_ties_find(const ig_fuse_model *m, const char *name);
// The tensor that the model stores for the output's `name`, when the output is tied as the donor
// is. NULL: it stores none. If several are stored, always the same one.
const ig_safetensor *ig_ties_stored(const ig_fuse_model *donor, const ig_fuse_model *m,
                                    const char *name);

// Adds a problem for everything that cannot be fused into a model with the donor's ties: values
// that would be lost, copies of another shape, adapters of copies, logits of another scale.
ig_status ig_ties_check(const ig_fuse_models *models, const ig_fuse_model *donor,
                        ig_problems *problems, ig_error *err);
// Stored copies of a tied tensor must hold the same bytes, for it is not known which of them
// counts. If they do not: IG_ERROR_FORMAT.
ig_status ig_ties_check_copies(const ig_fuse_models *models, ig_error *err);
#endif
