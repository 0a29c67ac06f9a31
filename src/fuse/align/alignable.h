// Whether the models of a recipe can be aligned, found out before a weight is read.
#ifndef IG_FUSE_ALIGN_ALIGNABLE_H
#define IG_FUSE_ALIGN_ALIGNABLE_H
#include "fuse/plan/fusion_plan.h"
#include "model/model.h"

typedef struct ig_alignable_needs {
  size_t memory;  // bytes of two models in float32 and of buffers
  size_t disk;    // bytes of the models that are written in another order
} ig_alignable_needs;

// Adds a problem for each model of the plan that cannot be aligned to the donor, and a note of what
// stays in its order. A plan that asks for no alignment, or lacks a model, needs nothing.
ig_status ig_alignable_check(const ig_fusion_plan *plan, ig_alignable_needs *needs,
                             ig_problems *problems, ig_problems *notes, ig_error *err);

// A model and what messages call it.
typedef struct ig_alignable_model {
  const ig_model *model;
  const char *name;
} ig_alignable_model;
// Fails with IG_ERROR_UNSUPPORTED unless both have the same tensors and heads.
ig_status ig_alignable_compare(const ig_alignable_model *a, const ig_alignable_model *b,
                               ig_error *err);
#endif
