#include "fuse/search_stage.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "fuse/plan/planner.h"
#include "fuse/search/objective.h"
#include "fuse/search/search_recipes.h"
#include "fuse/search/searched_recipe.h"
#include "fuse/stage_state.h"

const char *const ig_search_stage_kind = "search";

typedef struct stage_search {
  const ig_search_stage_args *args;
  const ig_recipe *recipe;
  const ig_search_space *space;
  const ig_fuse_options *options;
  ig_objective *objectives;  // (space->objective_count)
  double *scores;            // (space->objective_count): where those of the current trial go
  bool made;                 // the current trial's model is there
  char identity[IG_HASH_TEXT], label[IG_RECIPE_LABEL];
  char *state_path;
  json_t *data;  // an array: the files that are scored by, with their hashes
} stage_search;

// ---- before anything is made ------------------------------------------------

ig_status ig_search_stage_check(const ig_recipe *recipe, const ig_fuse_options *options,
                                ig_error *err) {
  const ig_search_space *space = recipe->search;
  const ig_method *method = recipe->method;
  if (method->learns || method->needs_scores)
    return ig_yaml_fail(space->node, err,
                        "%s finds its models or weights itself: it cannot be searched",
                        method->name);
  if (method->statistics || recipe->align.method != IG_ALIGN_METHOD_NONE)
    return ig_yaml_fail(space->node, err,
                        "a search takes methods that need no data and no 'align', which each "
                        "recipe would have to begin anew: expected such a recipe");
  if (method->product != IG_FUSION_PRODUCT_MODEL)
    return ig_yaml_fail(space->node, err, "%s makes no model that could be scored", method->name);
  for (size_t i = 0; options && i < space->objective_count; i++)
    IG_TRY(ig_objective_check(&space->objectives[i], options, err));
  return IG_OK;
}

// ---- one recipe -------------------------------------------------------------

static ig_status score_model(void *context, const char *directory, ig_error *err) {
  stage_search *s = context;
  s->made = true;
  for (size_t i = 0; i < s->space->objective_count; i++) {
    ig_objective *o = &s->objectives[i];
    if (o->what->kind == IG_SEARCH_OBJECTIVE_KIND_HELD_OUT)
      IG_TRY(ig_trial_ask_caller(s->options, directory, &s->scores[i], err));
    IG_TRY(ig_objective_score(o, directory, &s->scores[i], err));
  }
  return IG_OK;
}

// Whether these values are what failed: not the system, not the user's stopping, not the scoring.
static bool is_of_values(const stage_search *s, ig_status status) {
  return !s->made && (status == IG_ERROR_ARGUMENT || status == IG_ERROR_FORMAT ||
                      status == IG_ERROR_UNSUPPORTED || status == IG_ERROR_DIVERGED);
}

static ig_status score_values(void *context, const json_t *values, double *scores, bool *impossible,
                              ig_error *err) {
  stage_search *s = context;
  ig_recipe_file recipe;
  ig_trial trial = s->args->trial;
  trial.name = "search+trial";
  trial.score = score_model;
  trial.context = s;
  s->scores = scores;
  s->made = false;
  ig_status status = ig_searched_recipe_make(s->space, values, s->recipe->root->file, &recipe, err);
  if (status == IG_OK) status = ig_trial_run(&trial, &recipe.recipes[0], s->args->index, err);
  *impossible = is_of_values(s, status);
  ig_recipe_file_free(&recipe);
  return status;
}

// ---- beginning and end ------------------------------------------------------

static ig_status identify(stage_search *s, const ig_fusion_plan *plan, ig_error *err) {
  char models[IG_HASH_TEXT];
  IG_TRY(ig_stage_state_identify(plan, s->args->trial.hashes, models, err));
  return ig_objective_identify(s->space, s->options, models, s->identity, err);
}

static ig_status plan_and_identify(stage_search *s, ig_error *err) {
  ig_fusion_plan plan;
  const ig_stages *stages = s->args->trial.stages;
  ig_status status = ig_planner_make(s->recipe, stages->models, s->args->index, &plan, err);
  if (status == IG_OK)
    status = ig_problems_report(&plan.problems, stages->file, &s->options->reporter, err);
  if (status == IG_OK) status = identify(s, &plan, err);
  ig_fusion_plan_free(&plan);
  return status;
}

// Those of the objectives and, where the caller scores, its own.
static ig_status describe_data(stage_search *s, ig_error *err) {
  const ig_search_space *space = s->space;
  const size_t own = 3 * space->objective_count;
  bool asks_caller = false;
  const char **paths = ig_allocate(own + s->options->score_file_count, sizeof *paths, err);
  if (!paths) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < space->objective_count; i++) {
    const ig_search_objective *o = &space->objectives[i];
    paths[3 * i] = o->source;
    paths[3 * i + 1] = o->target;
    paths[3 * i + 2] = o->questions;
    asks_caller |= o->kind == IG_SEARCH_OBJECTIVE_KIND_HELD_OUT;
  }
  for (size_t i = 0; asks_caller && i < s->options->score_file_count; i++)
    paths[own + i] = s->options->score_files[i];
  const ig_status status = ig_contents_describe_files(paths, own + s->options->score_file_count,
                                                      s->args->trial.hashes, &s->data, err);
  free(paths);
  return status;
}

static ig_status begin(stage_search *s, ig_error *err) {
  const char *directory = s->args->trial.directory;
  char name[IG_STAGE_STATE_NAME];
  s->objectives = ig_allocate(s->space->objective_count, sizeof *s->objectives, err);
  if (!s->objectives) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < s->space->objective_count; i++)
    IG_TRY(ig_objective_open(&s->space->objectives[i], s->options, &s->objectives[i], err));
  IG_TRY(plan_and_identify(s, err));
  IG_TRY(describe_data(s, err));
  ig_stage_state_name(ig_search_stage_kind, s->args->index, name);
  s->state_path = ig_path_join(directory, name, err);
  return s->state_path ? ig_path_make_directories(directory, err) : IG_ERROR_MEMORY;
}

static void end(stage_search *s) {
  for (size_t i = 0; s->objectives && i < s->space->objective_count; i++)
    ig_objective_close(&s->objectives[i]);
  free(s->objectives);
  free(s->state_path);
  json_decref(s->data);
}

// ---- the search -------------------------------------------------------------

static ig_status search(stage_search *s, ig_search_table *table, ig_recipe_file *recipe,
                        json_t **record, ig_error *err) {
  const ig_search_recipes_args how = {.space = s->space,
                                      .label = s->label,
                                      .identity = s->identity,
                                      .state_path = s->state_path,
                                      .reporter = &s->options->reporter,
                                      .interrupter = s->options->interrupter,
                                      .score = score_values,
                                      .context = s};
  IG_TRY(ig_search_recipes(&how, table, err));
  IG_TRY(ig_searched_recipe_make(s->space, table->rows[table->best].values, s->recipe->root->file,
                                 recipe, err));
  json_t *rows = ig_search_table_json(table);
  *record = rows ? json_pack("{s:O, s:I, s:O, s:o}", "recipe", s->space->document, "best",
                             (json_int_t)table->best, "data", s->data, "evaluations", rows)
                 : NULL;
  return *record ? IG_OK : ig_fail_memory(err);
}

ig_status ig_search_stage(const ig_search_stage_args *args, ig_recipe_file *recipe, json_t **record,
                          ig_error *err) {
  const ig_recipe *of = args->trial.stages->stage[args->index].recipe;
  stage_search s = {
      .args = args, .recipe = of, .space = of->search, .options = args->trial.options};
  ig_search_table table = {.space = s.space};
  *recipe = (ig_recipe_file){0};
  *record = NULL;
  ig_recipe_label(of, "search", s.label);
  ig_status status = begin(&s, err);
  if (status == IG_OK) status = search(&s, &table, recipe, record, err);
  ig_search_table_free(&table);
  end(&s);
  return status;
}
