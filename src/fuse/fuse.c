// ig_fuse: a recipe in, a model directory out.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/report.h"
#include "fuse/run/companions.h"
#include "fuse/preview/compare.h"
#include "fuse/preview/describe.h"
#include "fuse/run/execute.h"
#include "fuse/run/extract.h"
#include "fuse/plan/planner.h"
#include "fuse/preview/preflight.h"
#include "fuse/record/provenance.h"
#include "fuse/recipe/soup.h"
#include "fuse/plan/stages.h"

typedef struct fusion {
  const ig_fuse_options *options;
  const char *output;  // NULL: the disk is not looked at
  bool carried_out;    // else there is only to be a plan
  ig_yaml *yaml;
  ig_stages stages;
  ig_space space;
  ig_pool *pool;
  ig_hash_kind hashes;
  char *directory;  // of other stages' models, OUTPUT.stages
  json_t *history;  // provenance of the stages that are done
  json_t *scores;   // by which the models of the stage at hand were chosen, or NULL
  int averages;     // that were tried
} fusion;

// ---- before any weight is read ----------------------------------------------

static ig_status check_choice(const fusion *f, const ig_recipe *recipe, ig_error *err) {
  if (!recipe->method->chosen) return IG_OK;
  if (!f->options->score && f->carried_out)
    return ig_yaml_fail(recipe->root, err, "%s needs held-out data to choose by",
                        recipe->method->name);
  return ig_soup_check(recipe, err);
}

static ig_status check_extraction(const fusion *f, size_t index, ig_error *err) {
  const ig_recipe *recipe = &f->stages.stage[index].recipe;
  if (!recipe->method->extracts) return IG_OK;
  if (f->options->shard_bytes)
    return ig_yaml_fail(recipe->root, err, "%s writes one file: shards are for models",
                        recipe->method->name);
  return ig_extract_check_recipe(recipe, index + 1 == f->stages.count, err);
}

// Reads and plans all stages; every problem that there is goes to the reporter.
static ig_status prepare(fusion *f, const char *recipe, ig_error *err) {
  ig_stages *s = &f->stages;
  IG_TRY(ig_yaml_load_documents(recipe, &f->yaml, err));
  IG_TRY(ig_stages_read(ig_yaml_root(f->yaml), s, err));
  for (size_t i = 0; i < s->count; i++) IG_TRY(check_choice(f, &s->stage[i].recipe, err));
  for (size_t i = 0; i < s->count; i++) IG_TRY(check_extraction(f, i, err));
  IG_TRY(ig_stages_plan(s, err));
  for (size_t i = 0; i < s->count; i++)
    IG_TRY(ig_preflight_models(&s->stage[i].plan, &s->problems, err));
  const ig_stage *result = &s->stage[s->count - 1];
  if (result->recipe.method->extracts)
    IG_TRY(ig_extract_check_plan(&result->plan, &s->problems, err));
  IG_TRY(ig_output_check(&result->plan, f->options->shard_bytes, &s->problems, err));
  IG_TRY(ig_preflight_space(s, f->output, f->options->threads, &f->space, err));
  IG_TRY(ig_preflight_output(s, f->output, &f->space, &s->problems, err));
  return ig_problems_report(&s->problems, recipe, &f->options->reporter, err);
}

static void close_fusion(fusion *f) {
  json_decref(f->history);
  json_decref(f->scores);
  ig_pool_free(f->pool);
  ig_stages_free(&f->stages);
  ig_yaml_free(f->yaml);
  free(f->directory);
  free(f->space.directory);
}

static ig_status write_report(fusion *f, const ig_fusion_plan *plan, ig_error *err) {
  ig_comparison *items;
  size_t count;
  IG_TRY(ig_compare_plan(plan, f->pool, &items, &count, err));
  const ig_status status = ig_compare_write_page(plan, items, count, f->options->report, err);
  free(items);
  return status;
}

// ---- carrying out -----------------------------------------------------------

// The other stages' models, once nobody needs them.
static ig_status remove_stages(fusion *f, ig_error *err) {
  if (f->stages.count == 1 && f->averages == 0) return IG_OK;
  for (size_t i = 0; i + 1 < f->stages.count; i++)
    IG_TRY(ig_staging_remove(f->stages.stage[i].directory, err));
  if (rmdir(f->directory) == 0) return IG_OK;
  if (errno != ENOTEMPTY && errno != EEXIST)
    return ig_fail(err, IG_ERROR_IO, "%s: cannot remove: %s", f->directory, strerror(errno));
  ig_report(&f->options->reporter, IG_LEVEL_WARNING,
            "%s: stays, for there is more in it than stages", f->directory);
  return IG_OK;
}

// A model on its way to its directory.
typedef struct making {
  const ig_fusion_plan *plan;
  json_t *provenance;
  ig_contents contents;
  bool tasted;  // it is there to be scored only: nobody reads what its files held
} making;

static ig_status begin_making(const fusion *f, const ig_fusion_plan *plan, const json_t *history,
                              making *m, ig_error *err) {
  *m = (making){.plan = plan};
  IG_TRY(ig_provenance_make(plan, history, &m->provenance, err));
  if (f->scores && json_object_set(m->provenance, "scores", f->scores)) return ig_fail_memory(err);
  return ig_contents_of_plan(plan, f->hashes, &m->contents, err);
}

static void end_making(making *m) {
  ig_contents_free(&m->contents);
  json_decref(m->provenance);
}

static ig_status hash_files(const fusion *f, making *m, ig_error *err) {
  IG_TRY(ig_contents_hash(&m->contents, f->pool, err));
  return ig_provenance_add_contents(m->provenance, &m->contents, err);
}

// The files are hashed while the disk takes the weights.
static ig_status settle(const fusion *f, making *m, ig_output *output, const char *directory,
                        ig_error *err) {
  if (m->tasted) return ig_output_flush(output, err);
  IG_TRY(ig_contents_add_outputs(&m->contents, directory, NULL, err));
  IG_TRY(ig_output_sync_begin(output, err));
  const ig_status status = hash_files(f, m, err),
                  synced = ig_output_sync_end(output, status == IG_OK ? err : NULL);
  return status != IG_OK ? status : synced;
}

static ig_status write_model_files(const fusion *f, making *m, size_t shard_bytes,
                                   ig_staging *staging, ig_error *err) {
  ig_output output;
  ig_status status =
      ig_output_open(m->plan, staging->directory, shard_bytes, staging->resumed, &output, err);
  if (status == IG_OK)
    status = ig_execute_plan(m->plan, f->pool, staging, &output, &f->options->reporter, err);
  if (status == IG_OK) status = settle(f, m, &output, staging->directory, err);
  ig_output_close(&output);
  return status == IG_OK ? ig_companions_write(m->plan, staging->directory, err) : status;
}

static ig_status write_adapter_files(const fusion *f, making *m, ig_staging *staging,
                                     ig_error *err) {
  IG_TRY(ig_extract_adapter(m->plan, f->pool, staging, &f->options->reporter, err));
  IG_TRY(ig_contents_add_outputs(&m->contents, staging->directory, ig_extract_weights, err));
  return hash_files(f, m, err);
}

static ig_status fill_directory(const fusion *f, making *m, size_t shard_bytes, ig_staging *staging,
                                ig_error *err) {
  if (staging->resumed)
    ig_report(&f->options->reporter, IG_LEVEL_INFO, "going on with an unfinished fusion");
  const bool adapter = m->plan->recipe->method->extracts;
  IG_TRY(adapter ? write_adapter_files(f, m, staging, err)
                 : write_model_files(f, m, shard_bytes, staging, err));
  return ig_provenance_save(m->provenance, staging->directory, err);
}

static ig_status write_model(fusion *f, making *m, const char *output, bool last, ig_error *err) {
  char fingerprint[IG_HASH_TEXT];
  IG_TRY(ig_provenance_fingerprint(m->provenance, &m->contents, fingerprint, err));
  ig_staging staging;
  ig_status status = ig_staging_open(output, fingerprint, m->plan->count, &staging, err);
  if (status == IG_OK) {
    status = fill_directory(f, m, last ? f->options->shard_bytes : 0, &staging, err);
    if (status == IG_ERROR_FORMAT)
      ig_staging_discard(&staging);  // values that nothing can be made of
  }
  // Before the output has its name: a fusion that ends here is called again, and finds that all but
  // this is done.
  if (status == IG_OK && last) status = remove_stages(f, err);
  if (status == IG_OK) status = ig_staging_commit(&staging, err);
  ig_staging_close(&staging);
  return status;
}

static ig_status write_result(fusion *f, const ig_fusion_plan *plan, ig_error *err) {
  making m;
  if (f->options->report) IG_TRY(write_report(f, plan, err));
  ig_status status = begin_making(f, plan, f->history, &m, err);
  // What stands in unfinished files of another size is of no use.
  if (status == IG_OK && f->options->shard_bytes &&
      json_object_set_new(m.provenance, "shard_bytes",
                          json_integer((json_int_t)f->options->shard_bytes)))
    status = ig_fail_memory(err);
  if (status == IG_OK) status = write_model(f, &m, f->output, true, err);
  end_making(&m);
  return status;
}

// The provenance of the same model, if it is there already; else *done is NULL.
static ig_status find_stage(const fusion *f, making *m, const char *directory, json_t **done,
                            ig_error *err) {
  *done = NULL;
  if (!ig_file_exists(directory)) return IG_OK;
  IG_TRY(hash_files(f, m, err));
  *done = ig_provenance_load_equal(directory, m->provenance);
  return json_object_del(m->provenance, "inputs") ? ig_fail_memory(err) : IG_OK;
}

static ig_status make_stage(fusion *f, making *m, const ig_stage *stage, ig_error *err) {
  json_t *done;
  IG_TRY(find_stage(f, m, stage->directory, &done, err));
  ig_status status = IG_OK;
  if (!done) {
    ig_report(&f->options->reporter, IG_LEVEL_INFO, "stage %s", stage->name);
    status = ig_staging_remove(stage->directory, err);
    if (status == IG_OK) status = write_model(f, m, stage->directory, false, err);
  }
  if (status == IG_OK && json_array_append(f->history, done ? done : m->provenance))
    status = ig_fail_memory(err);
  json_decref(done);
  return status;
}

// One that is there already, made from the same, stays.
static ig_status write_stage(fusion *f, const ig_fusion_plan *plan, size_t index, ig_error *err) {
  ig_stage *stage = &f->stages.stage[index];
  making m;
  stage->directory = ig_path_join(f->directory, stage->name, err);
  if (!stage->directory) return IG_ERROR_MEMORY;
  ig_status status = begin_making(f, plan, NULL, &m, err);
  if (status == IG_OK) status = make_stage(f, &m, stage, err);
  f->stages.made[index].directory = stage->directory;
  end_making(&m);
  return status;
}

// ---- choosing models by their scores: averages stand in OUTPUT.stages ------

static ig_status score_model(void *context, const char *directory, double *score, ig_error *err) {
  const fusion *f = context;
  return f->options->score(f->options->score_context, directory, score, err);
}

static ig_status score_in(fusion *f, making *m, const char *directory, double *score,
                          ig_error *err) {
  IG_TRY(ig_staging_remove(directory, err));
  IG_TRY(write_model(f, m, directory, false, err));
  IG_TRY(score_model(f, directory, score, err));
  return ig_staging_remove(directory, err);
}

static ig_status score_plan(fusion *f, const ig_fusion_plan *plan, double *score, ig_error *err) {
  char name[32];
  snprintf(name, sizeof name, "average-%d", ++f->averages);
  char *directory = ig_path_join(f->directory, name, err);
  making m;
  if (!directory) return IG_ERROR_MEMORY;
  ig_status status = begin_making(f, plan, NULL, &m, err);
  m.tasted = true;
  if (status == IG_OK) status = score_in(f, &m, directory, score, err);
  end_making(&m);
  free(directory);
  return status;
}

static ig_status score_average(void *context, const ig_recipe *recipe, double *score,
                               ig_error *err) {
  fusion *f = context;
  ig_fusion_plan plan;
  ig_status status = ig_planner_make(recipe, f->stages.made, f->stages.count, &plan, err);
  if (status == IG_OK) status = score_plan(f, &plan, score, err);
  ig_fusion_plan_free(&plan);
  return status;
}

static ig_status choose(fusion *f, ig_recipe *recipe, ig_error *err) {
  const ig_soup_scoring kitchen = {f, score_model, score_average, &f->options->reporter};
  return ig_soup_choose(recipe, &kitchen, &f->scores, err);
}

// ---- stage by stage ---------------------------------------------------------

static ig_status carry_out(fusion *f, size_t index, ig_error *err) {
  ig_stage *stage = &f->stages.stage[index];
  const bool last = index + 1 == f->stages.count;
  json_decref(f->scores);
  f->scores = NULL;
  if (stage->recipe.method->chosen) IG_TRY(choose(f, &stage->recipe, err));
  if (!stage->builds && !stage->recipe.method->chosen)
    return last ? write_result(f, &stage->plan, err) : write_stage(f, &stage->plan, index, err);
  ig_fusion_plan plan;  // of the models that are there now
  ig_status status = ig_planner_make(&stage->recipe, f->stages.made, index, &plan, err);
  if (status == IG_OK)
    status = ig_problems_report(&plan.problems, f->stages.file, &f->options->reporter, err);
  if (status == IG_OK)
    status = last ? write_result(f, &plan, err) : write_stage(f, &plan, index, err);
  ig_fusion_plan_free(&plan);
  return status;
}

// OUTPUT.stages
static ig_status name_stages(fusion *f, ig_error *err) {
  size_t length = strlen(f->output);
  while (length > 1 && f->output[length - 1] == '/') length--;
  f->directory = ig_allocate(length + 16, 1, err);
  if (!f->directory) return IG_ERROR_MEMORY;
  snprintf(f->directory, length + 16, "%.*s.stages", (int)length, f->output);
  return IG_OK;
}

static ig_status carry_all_out(fusion *f, ig_error *err) {
  IG_TRY(name_stages(f, err));
  IG_TRY(ig_pool_create(f->options->threads, &f->pool, err));
  f->history = json_array();
  if (!f->history) return ig_fail_memory(err);
  for (size_t i = 0; i < f->stages.count; i++) IG_TRY(carry_out(f, i, err));
  return IG_OK;
}

// ---- the doors --------------------------------------------------------------

ig_fuse_options ig_fuse_options_default(void) { return (ig_fuse_options){0}; }

static fusion begin(const char *output, const ig_fuse_options *options) {
  static const ig_fuse_options defaults;
  const ig_fuse_options *o = options ? options : &defaults;
  return (fusion){
      .options = o, .output = output, .hashes = o->sha256 ? IG_HASH_SHA256 : IG_HASH_XXH3};
}

ig_status ig_fuse(const char *recipe, const char *output, const ig_fuse_options *options,
                  ig_error *err) {
  IG_TRY(ig_fail_if_null(recipe, "recipe", err));
  IG_TRY(ig_fail_if_null(output, "output", err));
  if (!*output) return ig_fail(err, IG_ERROR_ARGUMENT, "output: an empty name");
  fusion f = begin(output, options);
  f.carried_out = true;
  ig_status status = prepare(&f, recipe, err);
  if (status == IG_OK) status = carry_all_out(&f, err);
  close_fusion(&f);
  return status;
}

// The page needs models that are there.
static ig_status report_alone(fusion *f, ig_error *err) {
  if (f->stages.count > 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: a report compares models, and those of stages are not there yet",
                   f->stages.file);
  IG_TRY(ig_pool_create(f->options->threads, &f->pool, err));
  return write_report(f, &f->stages.stage[0].plan, err);
}

ig_status ig_fuse_plan(const char *recipe, const char *output, const ig_fuse_options *options,
                       char **out, ig_error *err) {
  *out = NULL;
  IG_TRY(ig_fail_if_null(recipe, "recipe", err));
  fusion f = begin(output && *output ? output : NULL, options);
  ig_status status = prepare(&f, recipe, err);
  if (status == IG_OK && f.options->report) status = report_alone(&f, err);
  if (status == IG_OK)
    status = ig_describe_stages(&f.stages, &f.space, f.options->threads, out, err);
  close_fusion(&f);
  return status;
}
