#include "fuse/learn_stage.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "fuse/plan/planner.h"
#include "fuse/search/learn.h"
#include "fuse/stage_state.h"

const char *const ig_learn_stage_kind = "learning";

// Hashes the files of all sets.
static ig_status describe_data(const ig_learn_stage_args *args, const ig_learning *l, json_t **out,
                               ig_error *err) {
  const size_t sets = l->data_count + l->valid_count;
  const char **paths = ig_allocate(3 * sets, sizeof *paths, err);
  if (!paths) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < sets; i++) {
    const ig_learning_files *set = i < l->data_count ? &l->data[i] : &l->valid[i - l->data_count];
    paths[3 * i] = set->source;
    paths[3 * i + 1] = set->target;
    paths[3 * i + 2] = set->questions;
  }
  const ig_status status = ig_contents_describe_files(paths, 3 * sets, args->hashes, out, err);
  free(paths);
  return status;
}

static ig_status learn_by_plan(const ig_learn_stage_args *args, const ig_fusion_plan *plan,
                               ig_recipe_file *recipe, json_t **record, ig_error *err) {
  char identity[IG_HASH_TEXT];
  IG_TRY(ig_problems_report(&plan->problems, args->stages->file, &args->options->reporter, err));
  IG_TRY(ig_stage_state_identify(plan, args->hashes, identity, err));
  char name[IG_STAGE_STATE_NAME];
  ig_stage_state_name(ig_learn_stage_kind, args->index, name);
  char *path = ig_path_join(args->directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_learn_args how = {.plan = plan,
                             .identity = identity,
                             .directory = args->directory,
                             .state_path = path,
                             .options = args->options};
  const ig_status status = ig_learn(&how, recipe, record, err);
  free(path);
  return status;
}

// The files are hashed first: who learns for long might not find them any more.
static ig_status learn(const ig_learn_stage_args *args, const ig_fusion_plan *plan,
                       ig_recipe_file *recipe, json_t **record, ig_error *err) {
  json_t *data = NULL;
  IG_TRY(describe_data(args, plan->recipe->learning, &data, err));
  ig_status status = learn_by_plan(args, plan, recipe, record, err);
  if (status == IG_OK && json_object_set(*record, "data", data)) status = ig_fail_memory(err);
  json_decref(data);
  return status;
}

ig_status ig_learn_stage(const ig_learn_stage_args *args, ig_recipe_file *recipe, json_t **record,
                         ig_error *err) {
  ig_fusion_plan plan;
  *recipe = (ig_recipe_file){0};
  *record = NULL;
  ig_status status = ig_planner_make(args->stages->stage[args->index].recipe, args->models,
                                     args->model_count, &plan, err);
  if (status == IG_OK) status = learn(args, &plan, recipe, record, err);
  ig_fusion_plan_free(&plan);
  return status;
}
