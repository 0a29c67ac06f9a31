// The greedy soup (Wortsman et al. 2022, "Model soups", recipe 1): models in the order of their
// held-out scores; each joins the average if the score of the average with it is not below that
// without it. The result is no worse on the held-out data than the best single model.
#ifndef IG_FUSE_RECIPE_SOUP_H
#define IG_FUSE_RECIPE_SOUP_H
#include "base/report.h"
#include "fuse/recipe/recipe.h"
#include "io/json.h"

// What choosing needs of its caller.
typedef struct ig_soup_scoring {
  void *context;
  ig_status (*score)(void *context, const char *directory, double *score,
                     ig_error *err);  // of a model that is there; higher is better
  ig_status (*taste)(void *context, const ig_recipe *recipe, double *score,
                     ig_error *err);  // of what the recipe makes of the sources it has
  const ig_reporter *reporter;
} ig_soup_scoring;

// Is there a choice that can be made: plain models, all their tensors?
ig_status ig_soup_check(const ig_recipe *recipe, ig_error *err);
// Leaves those sources in the recipe that were chosen, in its order. *scores: {model, score,
// average, kept} of each, in the order of trying; a new reference.
ig_status ig_soup_choose(ig_recipe *recipe, const ig_soup_scoring *kitchen, json_t **scores,
                         ig_error *err);
#endif
