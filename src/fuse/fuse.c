// The public functions ig_fuse and ig_fuse_describe. ig_fuse_verify is in fuse/record/verify.c,
// ig_fuse_draw in fuse/report_page.c.
#include <stdlib.h>

#include "base/fail.h"
#include "base/path.h"
#include "base/report.h"
#include "base/size.h"
#include "fuse/align/alignable.h"
#include "fuse/carry_out.h"
#include "fuse/preview/coefficients_path.h"
#include "fuse/preview/describe.h"
#include "fuse/preview/preflight.h"
#include "fuse/preview/report_path.h"
#include "fuse/recipe/whole_models.h"
#include "fuse/report_page.h"
#include "fuse/run/fusion_product.h"
#include "fuse/search/statistics.h"
#include "fuse/search_stage.h"

typedef struct fusion {
  const ig_fuse_options *options;
  const char *output;  // NULL: neither the output nor its disk is checked
  bool is_preview;     // nothing will be fused, so no scores are needed
  ig_recipe_file file;
  ig_stages stages;
  ig_preflight_needs needs;
} fusion;

// ---- before any weight is read ----------------------------------------------

// Whose pairs are whose must be clear, and values must have one statistic each.
static ig_status check_statistics(const ig_recipe *recipe, ig_error *err) {
  if (recipe->tokenizer.source)
    return ig_yaml_fail(recipe->root, err,
                        "%s needs models of one vocabulary: expected no "
                        "'tokenizer_source'",
                        recipe->method->name);
  return ig_statistics_request_check(recipe, err);
}

static ig_status check_scores(const fusion *f, const ig_recipe *recipe, ig_error *err) {
  if (recipe->search) IG_TRY(ig_search_stage_check(recipe, f->is_preview ? NULL : f->options, err));
  if (recipe->method->needs_scores && !f->options->score && !f->is_preview)
    return ig_yaml_fail(recipe->root, err, "%s needs held-out data to choose by",
                        recipe->method->name);
  const ig_method *method = recipe->method;
  IG_TRY(ig_learning_check_files(recipe->align.data, recipe->align.data_count, err));
  if (method->statistics) IG_TRY(check_statistics(recipe, err));
  const bool runs_models = method->needs_scores || method->learns || method->statistics;
  if (runs_models) IG_TRY(ig_whole_models_check(recipe, err));
  return ig_learning_check(recipe, err);
}

static ig_fusion_request request_of(const fusion *f, size_t stage) {
  return (ig_fusion_request){.is_result = stage + 1 == f->file.count,
                             .shard_bytes = f->options->shard_bytes};
}

// Who gives held-out data believes that something is chosen by them.
static void tell_of_unused_scores(const fusion *f, const char *recipe) {
  for (size_t i = 0; i < f->file.count; i++)
    if (f->file.recipes[i].method->needs_scores || f->file.recipes[i].search) return;
  if (f->options->score)
    ig_report(&f->options->reporter, IG_LEVEL_WARNING,
              "%s: nothing is chosen by held-out data, for it has no greedy_soup and no search",
              recipe);
}

// Who names a directory for statistics believes that there will be some.
static void tell_of_unused_statistics(const fusion *f, const char *recipe) {
  const char *directory = f->options->statistics_directory;
  for (size_t i = 0; i < f->file.count; i++)
    if (f->file.recipes[i].method->statistics) return;
  if (directory)
    ig_report(&f->options->reporter, IG_LEVEL_WARNING,
              "%s: nothing is kept in %s, for it has no method that gathers statistics", recipe,
              directory);
}

static ig_status check_recipes(const fusion *f, ig_error *err) {
  for (size_t i = 0; i < f->file.count; i++) IG_TRY(check_scores(f, &f->file.recipes[i], err));
  for (size_t i = 0; i < f->file.count; i++) {
    const ig_recipe *recipe = &f->file.recipes[i];
    const ig_fusion_product *product = ig_fusion_product_of(recipe);
    const ig_fusion_request request = request_of(f, i);
    if (product->check_recipe) IG_TRY(product->check_recipe(recipe, &request, err));
  }
  return IG_OK;
}

// Models in another order are written beside those of stages.
static ig_status check_alignment(fusion *f, ig_error *err) {
  ig_stages *s = &f->stages;
  for (size_t i = 0; i < s->count; i++) {
    ig_alignable_needs needs;
    IG_TRY(ig_alignable_check(&s->stage[i].plan, &needs, &s->problems, &s->notes, err));
    f->needs.needed += needs.disk;
    f->needs.memory = ig_size_larger(f->needs.memory, needs.memory);
  }
  return IG_OK;
}

static ig_status check_plan(ig_stages *s, const ig_fusion_plan *plan, ig_error *err) {
  IG_TRY(ig_preflight_models(plan, &s->problems, &s->notes, err));
  return ig_statistics_check(plan, &s->problems, err);
}

static ig_status check_plans(fusion *f, ig_error *err) {
  ig_stages *s = &f->stages;
  for (size_t i = 0; i < s->count; i++) IG_TRY(check_plan(s, &s->stage[i].plan, err));
  const ig_stage *result = &s->stage[s->count - 1];
  const ig_fusion_product *product = ig_fusion_product_of(result->recipe);
  const ig_fusion_request request = request_of(f, s->count - 1);
  IG_TRY(product->check_plan(&result->plan, &request, &s->problems, err));
  if (f->options->report_path) IG_TRY(ig_report_path_check(s, f->options, f->output, err));
  IG_TRY(ig_coefficients_path_check(s, f->output, err));
  if (f->options->statistics_directory && f->output)
    IG_TRY(ig_report_path_check_output(s, "the statistics", f->options->statistics_directory,
                                       f->output, err));
  IG_TRY(ig_preflight_measure(s, f->output, f->options, &f->needs, err));
  IG_TRY(check_alignment(f, err));
  return ig_preflight_output(s, f->output, &f->needs, &s->problems, err);
}

// Reads and plans all stages. Every problem goes to the reporter.
static ig_status read_and_check(fusion *f, const char *recipe, ig_error *err) {
  IG_TRY(ig_path_refuse_home(f->output, err));
  IG_TRY(ig_path_refuse_home(f->options->report_path, err));
  IG_TRY(ig_path_refuse_home(f->options->statistics_directory, err));
  IG_TRY(ig_recipe_file_load(recipe, f->options->interrupter, &f->file, err));
  ig_problems_tell(&f->file.notes, &f->options->reporter);
  IG_TRY(check_recipes(f, err));
  tell_of_unused_scores(f, recipe);
  tell_of_unused_statistics(f, recipe);
  IG_TRY(ig_stages_plan(&f->file, &f->stages, err));
  IG_TRY(check_plans(f, err));
  ig_problems_tell(&f->stages.notes, &f->options->reporter);
  return ig_problems_report(&f->stages.problems, recipe, &f->options->reporter, err);
}

static fusion begin_fusion(const char *output, const ig_fuse_options *options) {
  static const ig_fuse_options defaults;
  return (fusion){.options = options ? options : &defaults, .output = output};
}

static void end_fusion(fusion *f) {
  ig_stages_free(&f->stages);
  ig_recipe_file_free(&f->file);
  free(f->needs.directory);
}

// ---- the public functions ---------------------------------------------------

ig_fuse_options ig_fuse_options_default(void) { return (ig_fuse_options){0}; }

ig_status ig_fuse(const char *recipe, const char *output, const ig_fuse_options *options,
                  ig_error *err) {
  IG_TRY(ig_fail_if_null(recipe, "recipe", err));
  IG_TRY(ig_fail_if_null(output, "output", err));
  if (!*output) return ig_fail(err, IG_ERROR_ARGUMENT, "output: an empty name");
  fusion f = begin_fusion(output, options);
  ig_status status = read_and_check(&f, recipe, err);
  if (status == IG_OK) status = ig_carry_out(&f.stages, output, f.options, err);
  end_fusion(&f);
  return status;
}

// The page compares values of the inputs; those of other stages' models do not exist yet.
static ig_status write_report(const fusion *f, ig_error *err) {
  ig_pool *pool;
  if (f->stages.count > 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: a report compares models, and those of stages are not there yet",
                   f->stages.file);
  IG_TRY(ig_pool_create(f->options->threads, &pool, err));
  const ig_status status =
      ig_report_page_write(&f->stages.stage[0].plan, pool, NULL, f->options->report_path, err);
  ig_pool_free(pool);
  return status;
}

ig_status ig_fuse_describe(const char *recipe, const char *output, const ig_fuse_options *options,
                           char **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(recipe, "recipe", err));
  fusion f = begin_fusion(output && *output ? output : NULL, options);
  f.is_preview = true;
  ig_status status = read_and_check(&f, recipe, err);
  if (status == IG_OK && f.options->report_path) status = write_report(&f, err);
  if (status == IG_OK)
    status = ig_describe_stages(&f.stages, &f.needs, f.options->threads, out, err);
  end_fusion(&f);
  return status;
}
