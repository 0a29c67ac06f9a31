// Tied weights: names that stand for one tensor, by what a model's config.json says. They are fused
// once and written once, under the name that the others are tied to.
#ifndef IG_FUSE_INPUT_TIES_H
#define IG_FUSE_INPUT_TIES_H
#include "fuse/input/fuse_models.h"
#include "base/problems.h"

// Names that may be tied, NULL behind the last.
extern const char *const ig_ties_names[];

// The name of the tensor that this one is tied to in the model; itself where it is not.
const char *ig_ties_source(const ig_fuse_model *m, const char *name);
// What the model has for a name: its own tensor, or one that it is tied to. NULL: nothing.
const ig_safetensor *ig_ties_find(const ig_fuse_model *m, const char *name);
// The model's stored tensor for which the output, tied as the donor is, has this name. NULL: none.
// Of several, one and always the same.
const ig_safetensor *ig_ties_stored(const ig_fuse_model *donor, const ig_fuse_model *m,
                                    const char *name);

// Adds what cannot be fused into a model with the donor's ties: values that would be lost, copies
// of another shape, adapters of copies, logits of another scale.
ig_status ig_ties_check(const ig_fuse_models *models, const ig_fuse_model *donor,
                        ig_problems *problems, ig_error *err);
// Copies of a tied tensor that are stored too must hold the same bytes, or nobody knows which of
// them counts: else IG_ERROR_FORMAT.
ig_status ig_ties_check_copies(const ig_fuse_models *models, ig_error *err);
#endif
