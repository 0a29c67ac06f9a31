#include "fuse/carry_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "base/report.h"
#include "fuse/plan/planner.h"
#include "fuse/report_page.h"
#include "fuse/run/made_directory.h"
#include "fuse/run/make.h"
#include "fuse/run/soup_averages.h"
#include "fuse/stage_preparation.h"

typedef struct stage_run {
  const ig_fuse_options *options;
  const char *output;
  ig_stages *stages;
  ig_hash_kind hashes;
  ig_pool *pool;
  char *directory;  // OUTPUT.stages, which holds the other stages' models
  json_t *history;  // an array: provenance of the stages that are done
  ig_soup_averages averages;
  ig_stage_preparation *preparations;  // (stages)
} stage_run;

static ig_stage_preparation_args preparation_args(stage_run *r, size_t index) {
  return (ig_stage_preparation_args){.options = r->options,
                                     .stages = r->stages,
                                     .index = index,
                                     .directory = r->directory,
                                     .hashes = r->hashes,
                                     .pool = r->pool,
                                     .history = r->history,
                                     .averages = &r->averages};
}

// ---- the other stages' models -----------------------------------------------

// Whether the directory of stages has, or may have, been made.
static bool has_left(const stage_run *r) {
  bool left = r->stages->count > 1 || r->averages.count > 0;
  for (size_t i = 0; i < r->stages->count; i++)
    left |= ig_stage_preparation_has_left(&r->preparations[i], r->options);
  return left;
}

// A fusion by another recipe, stopped before, may have left its stages beside this output.
static void tell_of_others(const stage_run *r) {
  if (ig_file_exists(r->directory))
    ig_report(&r->options->reporter, IG_LEVEL_WARNING,
              "%s: stays, for another recipe has left it; remove it if that is not to go on",
              r->directory);
}

static ig_status remove_stages(stage_run *r, ig_error *err) {
  if (!has_left(r)) {
    tell_of_others(r);
    return IG_OK;
  }
  for (size_t i = 0; i < r->stages->count; i++) {
    const ig_stage_preparation_args args = preparation_args(r, i);
    IG_TRY(ig_stage_preparation_remove(&r->preparations[i], &args, err));
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

static ig_status run_stage(stage_run *r, const ig_fusion_plan *plan, size_t index, ig_error *err) {
  ig_stage *stage = &r->stages->stage[index];
  const ig_stage_preparation *found = &r->preparations[index];
  ig_provenance provenance;
  ig_fusion_writing writing = {.plan = plan,
                               .pool = r->pool,
                               .reporter = &r->options->reporter,
                               .interrupter = r->options->interrupter,
                               .provenance = &provenance};
  const ig_provenance_options options = {.hashes = r->hashes,
                                         .scores = found->scores,
                                         .learned = found->learned,
                                         .searched = found->searched,
                                         .statistics = found->statistics.record};
  ig_status status = ig_provenance_begin(plan, &options, &provenance, err);
  if (status == IG_OK) status = make_stage(r, &writing, stage, err);
  r->stages->models[index].directory = stage->directory;
  ig_provenance_free(&provenance);
  return status;
}

// ---- the result -------------------------------------------------------------

static ig_status make_result(stage_run *r, ig_fusion_writing *writing, ig_error *err) {
  ig_staging staging;
  ig_status status = ig_make_staged(writing, r->output, &staging, err);
  // The stages are removed before the output gets its name. A fusion that is stopped in between has
  // no output yet, so calling it again completes it; an output that exists would be refused.
  if (status == IG_OK) status = remove_stages(r, err);
  if (status == IG_OK) status = ig_staging_commit(&staging, err);
  ig_staging_close(&staging);
  return status;
}

static ig_status run_result(stage_run *r, const ig_fusion_plan *plan, size_t index, ig_error *err) {
  const ig_stage_preparation *found = &r->preparations[index];
  ig_provenance provenance;
  ig_fusion_writing writing = {.plan = plan,
                               .pool = r->pool,
                               .reporter = &r->options->reporter,
                               .interrupter = r->options->interrupter,
                               .shard_bytes = r->options->shard_bytes,
                               .provenance = &provenance};
  const ig_provenance_options options = {.hashes = r->hashes,
                                         .stages = r->history,
                                         .scores = found->scores,
                                         .learned = found->learned,
                                         .searched = found->searched,
                                         .statistics = found->statistics.record,
                                         .shard_bytes = r->options->shard_bytes};
  ig_status status = ig_provenance_begin(plan, &options, &provenance, err);
  if (status == IG_OK && r->options->report_path)
    status = ig_report_page_write(plan, r->pool, provenance.json, r->options->report_path, err);
  if (status == IG_OK) status = make_result(r, &writing, err);
  ig_provenance_free(&provenance);
  return status;
}

// ---- stage by stage ---------------------------------------------------------

static ig_status run_plan(stage_run *r, const ig_fusion_plan *plan, size_t index, ig_error *err) {
  const bool is_result = index + 1 == r->stages->count;
  return is_result ? run_result(r, plan, index, err) : run_stage(r, plan, index, err);
}

// Plans the stage with what was found for it, and runs that plan.
static ig_status plan_and_run(stage_run *r, size_t index, ig_error *err) {
  const ig_stage_preparation *found = &r->preparations[index];
  const ig_statistics_set *statistics = &found->statistics;
  ig_fusion_plan plan;
  ig_status status = ig_planner_make(r->stages->stage[index].recipe, found->models,
                                     found->model_count, &plan, err);
  if (status == IG_OK)
    status = ig_problems_report(&plan.problems, r->stages->file, &r->options->reporter, err);
  if (status == IG_OK && statistics->count)
    status = ig_planned_statistics_open(&plan, statistics->files, statistics->count, err);
  if (status == IG_OK) status = run_plan(r, &plan, index, err);
  ig_fusion_plan_free(&plan);
  return status;
}

static ig_status carry_out_stage(stage_run *r, size_t index, ig_error *err) {
  const ig_stage_preparation_args args = preparation_args(r, index);
  IG_TRY(ig_stage_preparation_make(&args, &r->preparations[index], err));
  return r->preparations[index].replans ? plan_and_run(r, index, err)
                                        : run_plan(r, &r->stages->stage[index].plan, index, err);
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
  r->averages.trial = (ig_trial){.options = r->options,
                                 .hashes = r->hashes,
                                 .pool = r->pool,
                                 .stages = r->stages,
                                 .directory = r->directory};
  r->history = json_array();
  if (!r->history) return ig_fail_memory(err);
  r->preparations = ig_allocate(r->stages->count, sizeof *r->preparations, err);
  if (!r->preparations) return IG_ERROR_MEMORY;
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
  for (size_t i = 0; r.preparations && i < stages->count; i++)
    ig_stage_preparation_free(&r.preparations[i]);
  free(r.preparations);
  json_decref(r.history);
  ig_pool_free(r.pool);
  free(r.directory);
  return status;
}
