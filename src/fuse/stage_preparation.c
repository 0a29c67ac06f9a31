#include "fuse/stage_preparation.h"

#include "base/fail.h"
#include "fuse/learn_stage.h"
#include "fuse/plan/planner.h"
#include "fuse/recipe/soup.h"
#include "fuse/search_stage.h"
#include "fuse/stage_state.h"

static ig_stage *stage_of(const ig_stage_preparation_args *args) {
  return &args->stages->stage[args->index];
}

static ig_status choose_models(const ig_stage_preparation_args *args, ig_stage_preparation *out,
                               ig_error *err) {
  const ig_soup_scoring scoring = ig_soup_averages_scoring(args->averages);
  return ig_soup_choose(stage_of(args)->recipe, &scoring, &out->scores, err);
}

// plan: of the models as they are.
static ig_status align_by_plan(const ig_stage_preparation_args *args, const ig_fusion_plan *plan,
                               ig_stage_preparation *out, ig_error *err) {
  const ig_aligning aligning = {.plan = plan,
                                .directory = args->directory,
                                .stage = args->index,
                                .hashes = args->hashes,
                                .pool = args->pool,
                                .reporter = &args->options->reporter,
                                .interrupter = args->options->interrupter};
  IG_TRY(ig_problems_report(&plan->problems, args->stages->file, &args->options->reporter, err));
  return ig_aligned_models_make(&aligning, args->history, &out->aligned, err);
}

// From then on the stage's names mean the aligned models.
static ig_status align_models(const ig_stage_preparation_args *args, ig_stage_preparation *out,
                              ig_error *err) {
  ig_fusion_plan plan;
  ig_status status =
      ig_planner_make(stage_of(args)->recipe, out->models, out->model_count, &plan, err);
  if (status == IG_OK) status = align_by_plan(args, &plan, out, err);
  ig_fusion_plan_free(&plan);
  out->models = out->aligned.models;
  out->model_count = out->aligned.count;
  return status;
}

static ig_status learn_coefficients(const ig_stage_preparation_args *args,
                                    ig_stage_preparation *out, ig_error *err) {
  const ig_learn_stage_args how = {.stages = args->stages,
                                   .index = args->index,
                                   .models = out->models,
                                   .model_count = out->model_count,
                                   .directory = args->directory,
                                   .hashes = args->hashes,
                                   .options = args->options};
  IG_TRY(ig_learn_stage(&how, &out->found_recipe, &out->learned, err));
  stage_of(args)->recipe = &out->found_recipe.recipes[0];
  return IG_OK;
}

static ig_status search_values(const ig_stage_preparation_args *args, ig_stage_preparation *out,
                               ig_error *err) {
  const ig_search_stage_args how = {.trial = args->averages->trial, .index = args->index};
  IG_TRY(ig_search_stage(&how, &out->found_recipe, &out->searched, err));
  stage_of(args)->recipe = &out->found_recipe.recipes[0];
  return IG_OK;
}

static ig_status gather_statistics(const ig_stage_preparation_args *args, ig_stage_preparation *out,
                                   ig_error *err) {
  const char *kept = args->options->statistics_directory;
  const ig_statistics_stage_args how = {.stages = args->stages,
                                        .index = args->index,
                                        .models = out->models,
                                        .model_count = out->model_count,
                                        .directory = kept ? kept : args->directory,
                                        .hashes = args->hashes,
                                        .options = args->options};
  return ig_statistics_stage_gather(&how, &out->statistics, err);
}

ig_status ig_stage_preparation_make(const ig_stage_preparation_args *args,
                                    ig_stage_preparation *out, ig_error *err) {
  const ig_recipe *recipe = stage_of(args)->recipe;
  const ig_method *method = recipe->method;
  const bool aligns = recipe->align.method != IG_ALIGN_METHOD_NONE;
  out->replans = recipe->builds || method->needs_scores || aligns || method->learns ||
                 method->statistics || recipe->search;
  out->models = args->stages->models;
  out->model_count = args->index;
  if (method->needs_scores) IG_TRY(choose_models(args, out, err));
  if (aligns) IG_TRY(align_models(args, out, err));
  if (recipe->search) IG_TRY(search_values(args, out, err));
  if (method->learns && recipe->learning->data_count) IG_TRY(learn_coefficients(args, out, err));
  return method->statistics ? gather_statistics(args, out, err) : IG_OK;
}

void ig_stage_preparation_free(ig_stage_preparation *preparation) {
  ig_aligned_models_free(&preparation->aligned);
  ig_recipe_file_free(&preparation->found_recipe);
  ig_statistics_stage_free(&preparation->statistics);
  json_decref(preparation->scores);
  json_decref(preparation->learned);
  json_decref(preparation->searched);
  *preparation = (ig_stage_preparation){0};
}

// Statistics stay in the directory that the user named for them.
static bool removes_statistics(const ig_stage_preparation *preparation,
                               const ig_fuse_options *options) {
  return preparation->statistics.count && !options->statistics_directory;
}

bool ig_stage_preparation_has_left(const ig_stage_preparation *preparation,
                                   const ig_fuse_options *options) {
  return preparation->aligned.aligned > 0 || preparation->found_recipe.count > 0 ||
         removes_statistics(preparation, options);
}

ig_status ig_stage_preparation_remove(const ig_stage_preparation *preparation,
                                      const ig_stage_preparation_args *args, ig_error *err) {
  IG_TRY(ig_aligned_models_remove(&preparation->aligned, &args->options->reporter, err));
  if (preparation->learned)
    IG_TRY(ig_stage_state_forget(args->directory, ig_learn_stage_kind, args->index, err));
  if (preparation->searched)
    IG_TRY(ig_stage_state_forget(args->directory, ig_search_stage_kind, args->index, err));
  if (!removes_statistics(preparation, args->options)) return IG_OK;
  return ig_statistics_stage_remove(&preparation->statistics, err);
}
