#include "fuse/run/soup_averages.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/path.h"
#include "fuse/plan/planner.h"
#include "fuse/run/made_directory.h"
#include "fuse/run/make.h"

static ig_status score_model(void *context, const char *directory, double *score, ig_error *err) {
  const ig_fuse_options *options = ((const ig_soup_averages *)context)->options;
  ig_error why = {0};
  ig_status status = options->score(options->score_context, directory, score, &why);
  if (status == IG_OK) return IG_OK;
  status = ig_fail_of_caller(status, "score", &why);
  if (err) *err = why;
  return status;
}

static ig_status make_and_score(ig_soup_averages *a, ig_fusion_writing *writing,
                                const char *directory, double *score, ig_error *err) {
  IG_TRY(ig_made_directory_remove(directory, err));  // an interrupted fusion may have left it
  IG_TRY(ig_make_directory(writing, directory, err));
  IG_TRY(score_model(a, directory, score, err));
  return ig_made_directory_remove_or_tell(directory, &a->options->reporter, err);
}

static ig_status score_plan(ig_soup_averages *a, const ig_fusion_plan *plan, double *score,
                            ig_error *err) {
  char name[32];
  snprintf(name, sizeof name, "average-%d", ++a->count);
  char *directory = ig_path_join(a->directory, name, err);
  if (!directory) return IG_ERROR_MEMORY;
  ig_provenance provenance;
  ig_fusion_writing writing = {.plan = plan,
                               .pool = a->pool,
                               .reporter = &a->options->reporter,
                               .interrupter = a->options->interrupter,
                               .for_scoring_only = true,
                               .provenance = &provenance};
  ig_status status =
      ig_provenance_begin(plan, &(ig_provenance_options){.hashes = a->hashes}, &provenance, err);
  if (status == IG_OK) status = make_and_score(a, &writing, directory, score, err);
  ig_provenance_free(&provenance);
  free(directory);
  return status;
}

static ig_status score_average(void *context, const ig_recipe *recipe, double *score,
                               ig_error *err) {
  ig_soup_averages *a = context;
  ig_fusion_plan plan;
  ig_status status = ig_planner_make(recipe, a->stages->models, a->stages->count, &plan, err);
  if (status == IG_OK) status = score_plan(a, &plan, score, err);
  ig_fusion_plan_free(&plan);
  return status;
}

ig_soup_scoring ig_soup_averages_scoring(ig_soup_averages *averages) {
  return (ig_soup_scoring){.context = averages,
                           .score_model = score_model,
                           .score_average = score_average,
                           .reporter = &averages->options->reporter};
}
