#include "fuse/run/trial.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/path.h"
#include "fuse/plan/planner.h"
#include "fuse/run/made_directory.h"
#include "fuse/run/make.h"

ig_status ig_trial_ask_caller(const ig_fuse_options *options, const char *directory, double *score,
                              ig_error *err) {
  ig_error why = {0};
  ig_status status = options->score(options->score_context, directory, score, &why);
  if (status == IG_OK) return IG_OK;
  status = ig_fail_of_caller(status, "score", &why);
  if (err) *err = why;
  return status;
}

static ig_status make_and_score(const ig_trial *t, ig_fusion_writing *writing,
                                const char *directory, ig_error *err) {
  IG_TRY(ig_made_directory_remove(directory, err));  // an interrupted fusion may have left it
  IG_TRY(ig_make_directory(writing, directory, err));
  IG_TRY(t->score(t->context, directory, err));
  return ig_made_directory_remove_or_tell(directory, &t->options->reporter, err);
}

static ig_status try_plan(const ig_trial *t, const ig_fusion_plan *plan, ig_error *err) {
  IG_TRY(ig_problems_report(&plan->problems, t->stages->file, NULL, err));
  char *directory = ig_path_join(t->directory, t->name, err);
  if (!directory) return IG_ERROR_MEMORY;
  ig_provenance provenance;
  ig_reporter reporter = t->options->reporter;
  reporter.progress = NULL;  // there are many trials, and each is short
  ig_fusion_writing writing = {.plan = plan,
                               .pool = t->pool,
                               .reporter = &reporter,
                               .interrupter = t->options->interrupter,
                               .for_scoring_only = true,
                               .provenance = &provenance};
  ig_status status =
      ig_provenance_begin(plan, &(ig_provenance_options){.hashes = t->hashes}, &provenance, err);
  if (status == IG_OK) status = make_and_score(t, &writing, directory, err);
  ig_provenance_free(&provenance);
  free(directory);
  return status;
}

ig_status ig_trial_run(const ig_trial *t, const ig_recipe *recipe, size_t stages, ig_error *err) {
  ig_fusion_plan plan;
  ig_status status = ig_planner_make(recipe, t->stages->models, stages, &plan, err);
  if (status == IG_OK) status = try_plan(t, &plan, err);
  ig_fusion_plan_free(&plan);
  return status;
}
