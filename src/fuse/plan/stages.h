// A recipe file: one recipe, or several documents of which some make models for others, by their
// `name`. They come in any order; what nobody needs is an error.
#ifndef IG_FUSE_PLAN_STAGES_H
#define IG_FUSE_PLAN_STAGES_H
#include "fuse/plan/fusion_plan.h"

typedef struct ig_stage {
  const char *name;  // that other stages call its model by; NULL: it has none
  ig_recipe recipe;
  bool planned;         // plan is to be freed
  bool builds;          // on other stages' models
  ig_fusion_plan plan;  // with the others' models foreseen, where it builds on them
  ig_safetensors *foreseen;
  json_t *config;
  char *directory;  // of its model, once it is there; NULL: not yet, or it is the result
} ig_stage;

typedef struct ig_stages {
  const char *file;
  ig_stage *stage;  // in the order in which they are carried out: the last one makes the result
  size_t count;
  ig_stage_model *made;  // (count): what the stages make, as far as it is known
  ig_problems problems;  // of all stages
} ig_stages;

// documents: of ig_yaml_load_documents; must outlive it. ig_stages_free in any case.
ig_status ig_stages_read(const ig_yaml_node *documents, ig_stages *out, ig_error *err);
// Plans all stages before any is carried out, and collects their problems.
ig_status ig_stages_plan(ig_stages *stages, ig_error *err);
void ig_stages_free(ig_stages *stages);
#endif
