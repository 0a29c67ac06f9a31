// The greedy soup (Wortsman et al. 2022, "Model soups", recipe 1): models in the order of their
// held-out scores; each joins the average if the score of the average with it is not below that
// without it. The result is no worse on the held-out data than the best single model.
#ifndef IG_FUSE_RECIPE_SOUP_H
#define IG_FUSE_RECIPE_SOUP_H
#include "base/report.h"
#include "fuse/recipe/recipe.h"
#include "io/json.h"

// How scores are found; higher is better.
typedef struct ig_soup_scoring {
  void *context;
  // Of a model that exists.
  ig_status (*score_model)(void *context, const char *directory, double *score, ig_error *err);
  // Of the average of the sources that the recipe has at the moment.
  ig_status (*score_average)(void *context, const ig_recipe *recipe, double *score, ig_error *err);
  const ig_reporter *reporter;
} ig_soup_scoring;

// For a method that needs scores: is its choice one among plain models, with all their tensors?
ig_status ig_soup_check(const ig_recipe *recipe, ig_error *err);
// Leaves those sources in the recipe that were chosen, in its order. *scores: {model, score,
// average, kept} of each, in the order of trying; a new reference.
ig_status ig_soup_choose(ig_recipe *recipe, const ig_soup_scoring *scoring, json_t **scores,
                         ig_error *err);
#endif
