#include "fuse/recipe/soup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

typedef struct candidate {
  ig_recipe_source source;
  size_t index;  // in the recipe
  double score;
  bool kept;
} candidate;

typedef struct choice {
  ig_recipe *recipe;
  const ig_soup_scoring *scoring;
  ig_recipe_slice *slice;
  size_t count;
  candidate *candidates;  // (count)
  json_t *scores;
} choice;

// The best candidate comes first. Candidates of equal score are in the recipe's order.
static int compare_candidates(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return x->index < y->index ? -1 : 1;
}

static int compare_indices(const void *a, const void *b) {
  const candidate *x = *(const candidate *const *)a, *y = *(const candidate *const *)b;
  return x->index < y->index ? -1 : 1;
}

// A loss is a small number, whose digits count.
static int decimals_of(double score) { return fabs(score) < 10 ? 4 : 2; }

static ig_status score_candidates(choice *c, ig_error *err) {
  for (size_t i = 0; i < c->count; i++) {
    candidate *one = &c->candidates[i];
    IG_TRY(c->scoring->score_model(c->scoring->context, one->source.model, &one->score, err));
    if (!isfinite(one->score))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: a score of %g", one->source.model, one->score);
    ig_report(c->scoring->reporter, IG_LEVEL_INFO, "%s: %.*f", one->source.model,
              decimals_of(one->score), one->score);
  }
  qsort(c->candidates, c->count, sizeof *c->candidates, compare_candidates);
  return IG_OK;
}

// Lists the kept sources first in the recipe, and then the others. Both are in the order in which
// the recipe was written.
static void set_sources(choice *c) {
  const candidate *ordered[IG_METHOD_INPUTS];
  size_t count = 0, left_out = 0;
  for (size_t i = 0; i < c->count; i++) ordered[i] = &c->candidates[i];
  qsort(ordered, c->count, sizeof *ordered, compare_indices);
  for (size_t i = 0; i < c->count; i++)
    if (ordered[i]->kept) c->slice->sources[count++] = ordered[i]->source;
  for (size_t i = 0; i < c->count; i++)
    if (!ordered[i]->kept) c->slice->sources[count + left_out++] = ordered[i]->source;
  c->slice->count = count;
  c->slice->left_out = left_out;
}

static ig_status add_row(choice *c, const candidate *one, double average, ig_error *err) {
  json_t *row = json_pack("{s:s, s:f, s:f, s:b}", "model", one->source.model, "score", one->score,
                          "average", average, "kept", (int)one->kept);
  if (!row || json_array_append_new(c->scores, row)) return ig_fail_memory(err);
  return IG_OK;
}

static ig_status try_candidates(choice *c, ig_error *err) {
  c->candidates[0].kept = true;
  double best = c->candidates[0].score;
  IG_TRY(add_row(c, &c->candidates[0], best, err));
  for (size_t i = 1; i < c->count; i++) {
    candidate *one = &c->candidates[i];
    double average;
    one->kept = true;
    set_sources(c);
    IG_TRY(c->scoring->score_average(c->scoring->context, c->recipe, &average, err));
    one->kept = average >= best;
    if (one->kept) best = average;
    ig_report(c->scoring->reporter, IG_LEVEL_INFO, "with %s: %.*f, %s", one->source.model,
              decimals_of(average), average, one->kept ? "kept" : "left out");
    IG_TRY(add_row(c, one, average, err));
  }
  return IG_OK;
}

ig_status ig_soup_choose(ig_recipe *recipe, const ig_soup_scoring *scoring, json_t **scores,
                         ig_error *err) {
  choice c = {.recipe = recipe, .scoring = scoring, .slice = recipe->modules[0].slices};
  *scores = NULL;
  c.candidates = ig_allocate(c.slice->count, sizeof *c.candidates, err);
  if (!c.candidates) return IG_ERROR_MEMORY;
  c.count = c.slice->count;
  for (size_t i = 0; i < c.count; i++)
    c.candidates[i] = (candidate){.source = c.slice->sources[i], .index = i};
  c.scores = json_array();
  ig_status status = c.scores ? score_candidates(&c, err) : ig_fail_memory(err);
  if (status == IG_OK) status = try_candidates(&c, err);
  set_sources(&c);
  free(c.candidates);
  if (status == IG_OK)
    *scores = c.scores;
  else
    json_decref(c.scores);
  return status;
}
