#include "fuse/run/soup_averages.h"

#include <stdio.h>

static ig_status score_model(void *context, const char *directory, double *score, ig_error *err) {
  return ig_trial_ask_caller(((const ig_soup_averages *)context)->trial.options, directory, score,
                             err);
}

static ig_status keep_score(void *context, const char *directory, ig_error *err) {
  ig_soup_averages *a = context;
  return ig_trial_ask_caller(a->trial.options, directory, &a->score, err);
}

static ig_status score_average(void *context, const ig_recipe *recipe, double *score,
                               ig_error *err) {
  ig_soup_averages *a = context;
  char name[32];
  snprintf(name, sizeof name, "average-%d", ++a->count);
  ig_trial trial = a->trial;
  trial.name = name;
  trial.score = keep_score;
  trial.context = a;
  const ig_status status = ig_trial_run(&trial, recipe, trial.stages->count, err);
  *score = a->score;
  return status;
}

ig_soup_scoring ig_soup_averages_scoring(ig_soup_averages *averages) {
  return (ig_soup_scoring){.context = averages,
                           .score_model = score_model,
                           .score_average = score_average,
                           .reporter = &averages->trial.options->reporter};
}
