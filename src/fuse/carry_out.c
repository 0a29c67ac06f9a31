#include "fuse/carry_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "base/report.h"
#include "fuse/align/aligned_models.h"
#include "fuse/learn_stage.h"
#include "fuse/plan/planner.h"
#include "fuse/preview/compare.h"
#include "fuse/run/made_directory.h"
#include "fuse/run/make.h"
#include "fuse/run/soup_averages.h"

typedef struct stage_run {
  const ig_fuse_options *options;
  const char *output;
  ig_stages *stages;
  ig_hash_kind hashes;
  ig_pool *pool;
  char *directory;  // OUTPUT.stages, which holds the other stages' models
  json_t *history;  // an array: provenance of the stages that are done
  json_t *scores;   // by which the current stage's models were chosen, or NULL
  json_t *learned;  // how the current stage's coefficients were found, or NULL
  ig_soup_averages averages;
  ig_aligned_models *aligned;       // (stages)
  ig_recipe_file *learned_recipes;  // (stages): what was learned; empty for other methods
} stage_run;

// ---- the other stages' models -----------------------------------------------

static bool has_aligned_or_learned(const stage_run *r) {
  for (size_t i = 0; i < r->stages->count; i++)
    if (r->aligned[i].aligned > 0 || r->learned_recipes[i].count > 0) return true;
  return false;
}

static ig_status remove_stages(const stage_run *r, ig_error *err) {
  if (r->stages->count == 1 && r->averages.count == 0 && !has_aligned_or_learned(r)) return IG_OK;
  for (size_t i = 0; i < r->stages->count; i++) {
    IG_TRY(ig_aligned_models_remove(&r->aligned[i], &r->options->reporter, err));
    if (r->learned_recipes[i].count) IG_TRY(ig_learn_stage_forget(r->directory, i, err));
  }
  for (size_t i = 0; i + 1 < r->stages->count; i++)
    IG_TRY(ig_made_directory_remove_or_tell(r->stages->stage[i].directory, &r->options->reporter,
                                            err));
  if (rmdir(r->directory) == 0) return IG_OK;
  if (errno != ENOTEMPTY && errno != EEXIST)
    return ig_fail(err, IG_ERROR_IO, "%s: cannot remove: %s", r->directory, strerror(errno));
  ig_report(&r->options->reporter, IG_LEVEL_WARNING,
            "%s: stays, for there is more in it than stages", r->directory);
  return IG_OK;
}

static ig_status make_stage(const stage_run *r, ig_fusion_writing *writing, const ig_stage *stage,
                            ig_error *err) {
  json_t *done;
  IG_TRY(ig_provenance_find_same(writing->provenance, stage->directory, r->pool, &done, err));
  ig_status status = IG_OK;
  if (!done) {
    ig_report(&r->options->reporter, IG_LEVEL_INFO, "stage %s", stage->recipe->name);
    status = ig_made_directory_remove(stage->directory, err);
    if (status == IG_OK) status = ig_make_directory(writing, stage->directory, err);
  }
  if (status == IG_OK && json_array_append(r->history, done ? done : writing->provenance->json))
    status = ig_fail_memory(err);
  json_decref(done);
  return status;
}

static ig_status run_stage(const stage_run *r, const ig_fusion_plan *plan, size_t index,
                           ig_error *err) {
  ig_stage *stage = &r->stages->stage[index];
  ig_provenance provenance;
  ig_fusion_writing writing = {.plan = plan,
                               .pool = r->pool,
                               .reporter = &r->options->reporter,
                               .interrupter = r->options->interrupter,
                               .provenance = &provenance};
  const ig_provenance_options options = {
      .hashes = r->hashes, .scores = r->scores, .learned = r->learned};
  ig_status status = ig_provenance_begin(plan, &options, &provenance, err);
  if (status == IG_OK) status = make_stage(r, &writing, stage, err);
  r->stages->models[index].directory = stage->directory;
  ig_provenance_free(&provenance);
  return status;
}

// ---- the result -------------------------------------------------------------

static ig_status make_result(const stage_run *r, ig_fusion_writing *writing, ig_error *err) {
  ig_staging staging;
  ig_status status = ig_make_staged(writing, r->output, &staging, err);
  // The stages are removed before the output gets its name. A fusion that is stopped in between has
  // no output yet, so calling it again completes it; an output that exists would be refused.
  if (status == IG_OK) status = remove_stages(r, err);
  if (status == IG_OK) status = ig_staging_commit(&staging, err);
  ig_staging_close(&staging);
  return status;
}

static ig_status run_result(const stage_run *r, const ig_fusion_plan *plan, ig_error *err) {
  if (r->options->report_path)
    IG_TRY(ig_compare_and_write_page(plan, r->pool, r->options->report_path, err));
  ig_provenance provenance;
  ig_fusion_writing writing = {.plan = plan,
                               .pool = r->pool,
                               .reporter = &r->options->reporter,
                               .interrupter = r->options->interrupter,
                               .shard_bytes = r->options->shard_bytes,
                               .provenance = &provenance};
  const ig_provenance_options options = {.hashes = r->hashes,
                                         .stages = r->history,
                                         .scores = r->scores,
                                         .learned = r->learned,
                                         .shard_bytes = r->options->shard_bytes};
  ig_status status = ig_provenance_begin(plan, &options, &provenance, err);
  if (status == IG_OK) status = make_result(r, &writing, err);
  ig_provenance_free(&provenance);
  return status;
}

// ---- stage by stage ---------------------------------------------------------

static ig_status run_plan(const stage_run *r, const ig_fusion_plan *plan, size_t index,
                          ig_error *err) {
  const bool is_result = index + 1 == r->stages->count;
  return is_result ? run_result(r, plan, err) : run_stage(r, plan, index, err);
}

// What a stage's names may mean besides directories.
typedef struct known_models {
  const ig_stage_model *models;
  size_t count;
} known_models;

typedef ig_status plan_action(const stage_run *r, const ig_fusion_plan *plan, size_t index,
                              ig_error *err);

// Plans the stage with these models, and does with the plan what is to be done.
static ig_status plan_and_do(const stage_run *r, known_models known, size_t index, plan_action *act,
                             ig_error *err) {
  ig_fusion_plan plan;
  ig_status status =
      ig_planner_make(r->stages->stage[index].recipe, known.models, known.count, &plan, err);
  if (status == IG_OK)
    status = ig_problems_report(&plan.problems, r->stages->file, &r->options->reporter, err);
  if (status == IG_OK) status = act(r, &plan, index, err);
  ig_fusion_plan_free(&plan);
  return status;
}

static ig_status choose_models(stage_run *r, ig_recipe *recipe, ig_error *err) {
  const ig_soup_scoring scoring = ig_soup_averages_scoring(&r->averages);
  return ig_soup_choose(recipe, &scoring, &r->scores, err);
}

// plan: of the models as they are.
static ig_status align_by_plan(const stage_run *r, const ig_fusion_plan *plan, size_t index,
                               ig_error *err) {
  const ig_aligning aligning = {.plan = plan,
                                .directory = r->directory,
                                .stage = index,
                                .hashes = r->hashes,
                                .pool = r->pool,
                                .reporter = &r->options->reporter,
                                .interrupter = r->options->interrupter};
  return ig_aligned_models_make(&aligning, r->history, &r->aligned[index], err);
}

// From then on the stage's names mean the aligned models.
static ig_status align_models(stage_run *r, size_t index, known_models *known, ig_error *err) {
  IG_TRY(plan_and_do(r, *known, index, align_by_plan, err));
  *known = (known_models){r->aligned[index].models, r->aligned[index].count};
  return IG_OK;
}

// Learns the stage's coefficients, and puts the recipe that has them in the place of its own.
static ig_status learn_coefficients(stage_run *r, size_t index, known_models known, ig_error *err) {
  const ig_learn_stage_args args = {.stages = r->stages,
                                    .index = index,
                                    .models = known.models,
                                    .model_count = known.count,
                                    .directory = r->directory,
                                    .hashes = r->hashes,
                                    .options = r->options};
  IG_TRY(ig_learn_stage(&args, &r->learned_recipes[index], &r->learned, err));
  r->stages->stage[index].recipe = &r->learned_recipes[index].recipes[0];
  return IG_OK;
}

static ig_status carry_out_stage(stage_run *r, size_t index, ig_error *err) {
  ig_stage *stage = &r->stages->stage[index];
  const bool chooses = stage->recipe->method->needs_scores, aligns = stage->recipe->align.wanted,
             learns = stage->recipe->method->learns;
  known_models known = {r->stages->models, index};
  json_decref(r->scores);
  json_decref(r->learned);
  r->scores = r->learned = NULL;
  if (chooses) IG_TRY(choose_models(r, stage->recipe, err));
  if (aligns) IG_TRY(align_models(r, index, &known, err));
  if (learns) IG_TRY(learn_coefficients(r, index, known, err));
  // What was planned before the models existed, or were chosen, is planned again.
  return stage->recipe->builds || chooses || aligns || learns
             ? plan_and_do(r, known, index, run_plan, err)
             : run_plan(r, &stage->plan, index, err);
}

// Models of stages are removed in the end, which must not happen where a link leads to.
static ig_status name_directory(stage_run *r, ig_error *err) {
  struct stat status;
  r->directory = ig_path_with_suffix(r->output, ".stages", err);
  if (!r->directory) return IG_ERROR_MEMORY;
  if (lstat(r->directory, &status) != 0 || S_ISDIR(status.st_mode)) return IG_OK;
  return ig_fail(err, IG_ERROR_IO,
                 "%s: expected a directory or nothing, found a link or a file; move it away",
                 r->directory);
}

// A stage's directory that cannot be removed in the end is told before anything is made.
static ig_status name_stages(const stage_run *r, ig_error *err) {
  for (size_t i = 0; i + 1 < r->stages->count; i++) {
    ig_stage *stage = &r->stages->stage[i];
    stage->directory = ig_path_join(r->directory, stage->recipe->name, err);
    if (!stage->directory) return IG_ERROR_MEMORY;
    IG_TRY(ig_made_directory_check(stage->directory, err));
  }
  return IG_OK;
}

static ig_status carry_out_all(stage_run *r, ig_error *err) {
  IG_TRY(name_directory(r, err));
  IG_TRY(name_stages(r, err));
  IG_TRY(ig_pool_create(r->options->threads, &r->pool, err));
  r->averages = (ig_soup_averages){.options = r->options,
                                   .hashes = r->hashes,
                                   .pool = r->pool,
                                   .stages = r->stages,
                                   .directory = r->directory};
  r->history = json_array();
  if (!r->history) return ig_fail_memory(err);
  r->aligned = ig_allocate(r->stages->count, sizeof *r->aligned, err);
  r->learned_recipes = ig_allocate(r->stages->count, sizeof *r->learned_recipes, err);
  if (!r->aligned || !r->learned_recipes) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < r->stages->count; i++) IG_TRY(carry_out_stage(r, i, err));
  return IG_OK;
}

ig_status ig_carry_out(ig_stages *stages, const char *output, const ig_fuse_options *options,
                       ig_error *err) {
  stage_run r = {.options = options,
                 .output = output,
                 .stages = stages,
                 .hashes = options->sha256 ? IG_HASH_SHA256 : IG_HASH_XXH3};
  ig_staging_hold hold;
  IG_TRY(ig_staging_lock(output, &hold, err));
  const ig_status status = carry_out_all(&r, err);
  ig_staging_unlock(&hold);
  for (size_t i = 0; r.aligned && i < stages->count; i++) ig_aligned_models_free(&r.aligned[i]);
  free(r.aligned);
  for (size_t i = 0; r.learned_recipes && i < stages->count; i++)
    ig_recipe_file_free(&r.learned_recipes[i]);
  free(r.learned_recipes);
  json_decref(r.history);
  json_decref(r.scores);
  json_decref(r.learned);
  ig_pool_free(r.pool);
  free(r.directory);
  return status;
}
