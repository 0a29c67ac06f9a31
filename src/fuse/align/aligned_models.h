// The models of a recipe with `align`: every one but the donor is written in the donor's order,
// into a directory of its own in OUTPUT.stages, and the recipe's method then takes it from there.
// What an interrupted fusion aligned of the same inputs is used again.
#ifndef IG_FUSE_ALIGN_ALIGNED_MODELS_H
#define IG_FUSE_ALIGN_ALIGNED_MODELS_H
#include "base/pool.h"
#include "base/report.h"
#include "fuse/plan/fusion_plan.h"
#include "fuse/record/contents.h"

typedef struct ig_aligning {
  const ig_fusion_plan *plan;  // of the recipe, with its models as they are
  const char *directory;       // OUTPUT.stages
  size_t stage;                // the recipe's number, by which directories are named
  ig_hash_kind hashes;
  ig_pool *pool;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;
} ig_aligning;

typedef struct ig_aligned_models {
  // For ig_planner_make: those that were aligned, under the names by which the recipe knows them,
  // and after them the other stages' models. The names are the plan's.
  ig_stage_model *models;
  size_t count;
  char **directories;  // (aligned)
  size_t aligned;
} ig_aligned_models;  // start from {0}; ig_aligned_models_free

// history: an array, which gets the provenance of each: what was aligned to what, and how similar
// they were before and after.
ig_status ig_aligned_models_make(const ig_aligning *aligning, json_t *history,
                                 ig_aligned_models *out, ig_error *err);
// Removes the directories that the fusion wrote, which a warning tells of any that cannot be.
ig_status ig_aligned_models_remove(const ig_aligned_models *models, const ig_reporter *reporter,
                                   ig_error *err);
void ig_aligned_models_free(ig_aligned_models *models);
#endif
