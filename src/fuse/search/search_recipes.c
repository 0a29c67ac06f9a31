#include "fuse/search/search_recipes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/number.h"
#include "base/report.h"
#include "io/json.h"
#include "numeric/cma_es.h"

typedef struct search_run {
  const ig_search_recipes_args *args;
  const ig_search_space *space;
  ig_search_table *table;
  double *scores;  // (objectives)
  int tried;       // points so far, those that were in the table already too
} search_run;

// ---- one point --------------------------------------------------------------

// at (parameters): coordinates from 0 to 1. NULL: out of memory.
static json_t *values_at(const ig_search_space *space, const double *at) {
  json_t *values = json_object();
  int failed = !values;
  for (size_t i = 0; !failed && i < space->count; i++)
    failed = json_object_set_new(values, space->parameters[i].name,
                                 ig_search_space_value(&space->parameters[i], at[i]));
  if (!failed) return values;
  json_decref(values);
  return NULL;
}

static ig_status tell(const search_run *r, const json_t *values, ig_error *err) {
  ig_search_table_judge(r->table);
  const ig_search_row *row = &r->table->rows[r->table->count - 1];
  const bool is_best = r->table->best + 1 == r->table->count;
  char *text = ig_json_text(values, JSON_COMPACT), score[64];
  if (!text) return ig_fail_memory(err);
  ig_number_format(score, sizeof score, "%.4f", row->mean);
  ig_report(r->args->reporter, row->impossible ? IG_LEVEL_WARNING : IG_LEVEL_INFO,
            "%s: %d of at most %d: %s: %s%s", r->args->label, r->tried, r->space->evaluations, text,
            row->impossible ? "impossible: " : score,
            row->impossible ? row->impossible
            : is_best       ? ", the best"
                            : "");
  free(text);
  return IG_OK;
}

static ig_status add_scored(search_run *r, json_t *values, ig_error *err) {
  bool impossible = false;
  ig_error why = {0};
  const ig_status status = r->args->score(r->args->context, values, r->scores, &impossible, &why);
  if (status == IG_OK) return ig_search_table_add(r->table, values, r->scores, err);
  if (impossible) return ig_search_table_add_impossible(r->table, values, why.message, err);
  if (err) *err = why;
  return status;
}

static ig_status score_new(search_run *r, json_t *values, ig_error *err) {
  if (ig_interrupt_requested(r->args->interrupter))
    return ig_fail(err, IG_INTERRUPTED,
                   "%s: interrupted after %zu evaluations; the same command goes on",
                   r->args->label, r->table->count);
  IG_TRY(add_scored(r, values, err));
  IG_TRY(ig_search_table_save(r->table, r->args->identity, r->args->state_path, err));
  return tell(r, values, err);
}

static ig_status try_point(search_run *r, const double *at, double *mean, ig_error *err) {
  json_t *values = values_at(r->space, at);
  if (!values) return ig_fail_memory(err);
  r->tried++;
  const ig_search_row *row = ig_search_table_find(r->table, values);
  const ig_status status = row ? IG_OK : score_new(r, values, err);
  if (status == IG_OK) *mean = (row ? row : &r->table->rows[r->table->count - 1])->mean;
  json_decref(values);
  return status;
}

// ---- a grid -----------------------------------------------------------------

// Into how many values each range is divided: the most that the evaluations allow.
static size_t divisions(const ig_search_space *space) {
  size_t steps = 2;
  for (;; steps++) {
    double points = 1;
    bool has_range = false;
    for (size_t i = 0; i < space->count; i++) {
      const json_t *listed = space->parameters[i].listed;
      has_range |= !listed;
      points *= listed ? (double)json_array_size(listed) : (double)(steps + 1);
    }
    if (!has_range || points > space->evaluations) return steps;
  }
}

// Moves to the next point, the last parameter first; false: there is none.
static bool next_point(const search_run *r, size_t steps, size_t *index) {
  for (size_t i = r->space->count; i-- > 0;) {
    const json_t *listed = r->space->parameters[i].listed;
    if (++index[i] < (listed ? json_array_size(listed) : steps)) return true;
    index[i] = 0;
  }
  return false;
}

static ig_status try_grid(search_run *r, size_t *index, double *at, ig_error *err) {
  const size_t steps = divisions(r->space);
  do {
    double mean;
    for (size_t i = 0; i < r->space->count; i++) {
      const ig_search_parameter *p = &r->space->parameters[i];
      at[i] =
          p->listed ? ig_search_space_check(p, index[i]) : (double)index[i] / (double)(steps - 1);
    }
    IG_TRY(try_point(r, at, &mean, err));
  } while (next_point(r, steps, index));
  return IG_OK;
}

static ig_status search_grid(search_run *r, ig_error *err) {
  size_t *index = ig_allocate(r->space->count, sizeof *index, err);
  double *at = index ? ig_allocate(r->space->count, sizeof *at, err) : NULL;
  const ig_status status = at ? try_grid(r, index, at, err) : IG_ERROR_MEMORY;
  free(index);
  free(at);
  return status;
}

// ---- CMA-ES -----------------------------------------------------------------

// Beyond its ends a range goes on as in a mirror: nothing is drawn to an end or away from it.
static double fold(double x) {
  const double y = fmod(fabs(x), 2);
  return y > 1 ? 2 - y : y;
}

// One generation, or as much of it as the evaluations allow.
static ig_status try_generation(search_run *r, ig_cma_es *cma, double *x, double *values,
                                ig_error *err) {
  double *at = values + cma->population;
  ig_cma_es_ask(cma, x);
  for (size_t p = 0; p < cma->population; p++) {
    if (r->tried == r->space->evaluations) return IG_OK;
    for (size_t i = 0; i < cma->n; i++) at[i] = fold(x[p * cma->n + i]);
    IG_TRY(try_point(r, at, &values[p], err));
    values[p] = -values[p];  // more is better here
  }
  ig_cma_es_tell(cma, x, values);
  return IG_OK;
}

static ig_status adapt(search_run *r, ig_cma_es *cma, ig_error *err) {
  const size_t n = cma->n, count = cma->population * n + cma->population + n;
  double *x = ig_allocate(count, sizeof *x, err);
  if (!x) return IG_ERROR_MEMORY;
  ig_status status = IG_OK;
  while (status == IG_OK && r->tried < r->space->evaluations)
    status = try_generation(r, cma, x, x + cma->population * n, err);
  free(x);
  return status;
}

// Begins with the middle of all ranges; two steps reach beyond their ends.
static ig_status search_cma_es(search_run *r, ig_error *err) {
  double *middle = ig_allocate(r->space->count, sizeof *middle, err), mean;
  if (!middle) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < r->space->count; i++) middle[i] = 0.5;
  const ig_cma_es_args args = {.dimensions = r->space->count,
                               .population = 0,
                               .start = middle,
                               .step = 0.3,
                               .seed = r->space->seed};
  ig_cma_es cma;
  ig_status status = ig_cma_es_make(&args, &cma, err);
  if (status == IG_OK) status = try_point(r, middle, &mean, err);
  if (status == IG_OK) status = adapt(r, &cma, err);
  ig_cma_es_free(&cma);
  free(middle);
  return status;
}

// ---- the whole --------------------------------------------------------------

static ig_status tell_row(const search_run *r, const json_t *row, bool chosen, ig_error *err) {
  char *values = ig_json_text(json_object_get(row, "values"), JSON_COMPACT),
       *scores =
           ig_json_text(json_object_get(row, "scores"), JSON_COMPACT | JSON_REAL_PRECISION(6));
  if (values && scores)
    ig_report(r->args->reporter, IG_LEVEL_INFO, "%s: on the Pareto front: %s: %s%s", r->args->label,
              values, scores, chosen ? ", chosen" : "");
  const bool told = values && scores;
  free(values);
  free(scores);
  return told ? IG_OK : ig_fail_memory(err);
}

// Of several objectives: the recipes of which none is better by each.
static ig_status tell_front(const search_run *r, ig_error *err) {
  const ig_search_table *t = r->table;
  if (r->space->objective_count < 2) return IG_OK;
  json_t *rows = ig_search_table_json(t);
  ig_status status = rows ? IG_OK : ig_fail_memory(err);
  for (size_t i = 0; status == IG_OK && i < t->count; i++)
    if (t->rows[i].in_front) status = tell_row(r, json_array_get(rows, i), i == t->best, err);
  json_decref(rows);
  return status;
}

// A search ends in a recipe.
static ig_status require_best(const search_run *r, ig_error *err) {
  const ig_search_table *t = r->table;
  if (t->best < t->count) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: none of %zu recipes could be carried out; the first: %s", r->args->label,
                 t->count, t->rows[0].impossible);
}

ig_status ig_search_recipes(const ig_search_recipes_args *args, ig_search_table *table,
                            ig_error *err) {
  search_run r = {.args = args, .space = args->space, .table = table};
  *table = (ig_search_table){.space = args->space};
  r.scores = ig_allocate(args->space->objective_count, sizeof *r.scores, err);
  if (!r.scores) return IG_ERROR_MEMORY;
  ig_status status = ig_search_table_load(table, args->identity, args->state_path, err);
  if (status == IG_OK && table->count)
    ig_report(args->reporter, IG_LEVEL_INFO, "%s: going on after %zu evaluations", args->label,
              table->count);
  if (status == IG_OK)
    status = args->space->method == IG_SEARCH_METHOD_GRID ? search_grid(&r, err)
                                                          : search_cma_es(&r, err);
  free(r.scores);
  ig_search_table_judge(table);
  if (status == IG_OK) status = require_best(&r, err);
  return status == IG_OK ? tell_front(&r, err) : status;
}
