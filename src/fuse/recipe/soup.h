// The greedy soup (Wortsman et al. 2022, "Model soups", recipe 1) tries the models in the order of
// their held-out scores, the best first. A model joins the average if the average with it scores no
// lower than the one without it. So the result is no worse on the held-out data than the best
// single model.
#ifndef IG_FUSE_RECIPE_SOUP_H
#define IG_FUSE_RECIPE_SOUP_H
#include "base/report.h"
#include "fuse/recipe/recipe.h"
#include "io/json.h"

// How models are scored. A higher score is better.
typedef struct ig_soup_scoring {
  void *context;
  // Scores a model that exists.
  ig_status (*score_model)(void *context, const char *directory, double *score, ig_error *err);
  // Scores the average of the sources that the recipe has at the moment.
  ig_status (*score_average)(void *context, const ig_recipe *recipe, double *score, ig_error *err);
  const ig_reporter *reporter;
} ig_soup_scoring;

// Leaves only the chosen sources in the recipe, in its order. *scores is a new reference: {model,
// score, average, kept} of each source, in the order in which they were tried.
ig_status ig_soup_choose(ig_recipe *recipe, const ig_soup_scoring *scoring, json_t **scores,
                         ig_error *err);
#endif
