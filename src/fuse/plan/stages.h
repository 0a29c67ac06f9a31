// The plans of a recipe file. A stage is one recipe with its plan. Recipes that use models of other
// stages are planned with those models as they will be, so that all problems of all stages are
// known before anything is made.
#ifndef IG_FUSE_PLAN_STAGES_H
#define IG_FUSE_PLAN_STAGES_H
#include "fuse/plan/fusion_plan.h"
#include "fuse/recipe/recipe_file.h"

typedef struct ig_stage {
  ig_recipe *recipe;
  bool planned;         // plan must be freed
  ig_fusion_plan plan;  // for a recipe that uses others: a preview, with their planned models
  ig_safetensors *planned_tensors;  // names and shapes of the model that it will make
  json_t *config;                   // of that model
  char *directory;  // of that model, once it is made; NULL: not yet, or it is the result
} ig_stage;

typedef struct ig_stages {
  const char *file;  // the recipe file's name
  ig_stage *stage;   // (count): in the order in which they are carried out; the last one makes the
                     // result
  size_t count;
  ig_stage_model *models;  // (count): what is known of each stage's model
  ig_problems problems;    // of all stages
  ig_problems notes;       // of all stages
} ig_stages;

// Plans all recipes of a file, which must outlive the stages, and collects their problems.
// ig_stages_free in any case.
ig_status ig_stages_plan(const ig_recipe_file *file, ig_stages *out, ig_error *err);
void ig_stages_free(ig_stages *stages);
#endif
