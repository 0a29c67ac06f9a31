// Tied weights: several names that stand for one tensor, as a model's config.json says. Such a
// tensor is fused once and written once, under the name that the others are tied to.
#ifndef IG_FUSE_INPUT_TIES_H
#define IG_FUSE_INPUT_TIES_H
#include "fuse/input/fuse_models.h"
#include "base/problems.h"

// Names that may be tied, up to NULL.
extern const char *const ig_ties_names[];

// Finds out whether the model's head is a tensor of its own although config.json ties it to the
// embedding: where the file holds it with other values, as in transformers 5.
ig_status ig_ties_settle(ig_fuse_model *m, ig_error *err);
// The name of the tensor that this one is tied to in the model; the name itself if it is not tied.
const char *ig_ties_source(const ig_fuse_model *m, const char *name);
// Finds the tensor that a model uses for a name: the one of that name, or one that it is tied to.
// NULL: it has neither.
const ig_safetensor *ig_ties_find(const ig_fuse_model *m, const char *name);
// Finds the tensor that the model stores for `name` of the output, which has the donor's ties.
// NULL: it stores none. If it stores several, the result is always the same one.
const ig_safetensor *ig_ties_stored(const ig_fuse_model *donor, const ig_fuse_model *m,
                                    const char *name);

// Adds a problem for everything that cannot be fused into a model with the donor's ties: values
// that would be lost, copies of another shape, adapters that change a copy alone, logits that are
// scaled in one model only.
ig_status ig_ties_check(const ig_fuse_models *models, const ig_fuse_model *donor,
                        ig_problems *problems, ig_error *err);
// Fails with IG_ERROR_FORMAT if stored copies of a tied tensor do not hold the same bytes, for it
// is not known which of them counts.
ig_status ig_ties_check_copies(const ig_fuse_models *models, ig_error *err);
#endif
