#include "fuse/search/search_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"

void ig_search_table_free(ig_search_table *t) {
  for (size_t i = 0; i < t->count; i++) {
    json_decref(t->rows[i].values);
    free(t->rows[i].impossible);
    free(t->rows[i].scores);
  }
  free(t->rows);
  *t = (ig_search_table){.space = t->space};
}

const ig_search_row *ig_search_table_find(const ig_search_table *t, const json_t *values) {
  for (size_t i = 0; i < t->count; i++)
    if (json_equal(t->rows[i].values, values)) return &t->rows[i];
  return NULL;
}

static double mean_of(const ig_search_space *space, const double *scores) {
  double sum = 0, weights = 0;
  for (size_t i = 0; i < space->objective_count; i++) {
    sum += space->objectives[i].weight * scores[i];
    weights += space->objectives[i].weight;
  }
  return sum / weights;
}

static ig_status add_row(ig_search_table *t, json_t *values, const ig_search_row *row,
                         ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&t->rows, &t->capacity, t->count + 1, sizeof *t->rows, err));
  t->rows[t->count] = *row;
  t->rows[t->count++].values = json_incref(values);
  return IG_OK;
}

ig_status ig_search_table_add(ig_search_table *t, json_t *values, const double *scores,
                              ig_error *err) {
  const size_t count = t->space->objective_count;
  ig_search_row row = {.mean = mean_of(t->space, scores)};
  row.scores = ig_allocate(count, sizeof *row.scores, err);
  if (!row.scores) return IG_ERROR_MEMORY;
  memcpy(row.scores, scores, count * sizeof *row.scores);
  const ig_status status = add_row(t, values, &row, err);
  if (status != IG_OK) free(row.scores);
  return status;
}

ig_status ig_search_table_add_impossible(ig_search_table *t, json_t *values, const char *why,
                                         ig_error *err) {
  const ig_search_row row = {.impossible = ig_allocate_copy(why, strlen(why), err),
                             .mean = -INFINITY};
  if (!row.impossible) return IG_ERROR_MEMORY;
  const ig_status status = add_row(t, values, &row, err);
  if (status != IG_OK) free(row.impossible);
  return status;
}

// ---- which are good ---------------------------------------------------------

// Whether a is as good as b, which has scores, by each of them, and better by one.
static bool dominates(const ig_search_table *t, const ig_search_row *a, const ig_search_row *b) {
  bool better = false;
  if (a->impossible) return false;
  for (size_t i = 0; i < t->space->objective_count; i++) {
    if (a->scores[i] < b->scores[i]) return false;
    better |= a->scores[i] > b->scores[i];
  }
  return better;
}

void ig_search_table_judge(ig_search_table *t) {
  t->best = t->count;
  for (size_t i = 0; i < t->count; i++) {
    ig_search_row *row = &t->rows[i];
    row->in_front = !row->impossible;
    if (!row->impossible && (t->best == t->count || row->mean > t->rows[t->best].mean)) t->best = i;
    for (size_t k = 0; k < t->count && row->in_front; k++)
      row->in_front = !dominates(t, &t->rows[k], row);
  }
}

// ---- as JSON ----------------------------------------------------------------

static json_t *row_json(const ig_search_table *t, const ig_search_row *row) {
  if (row->impossible)
    return json_pack("{s:O, s:s}", "values", row->values, "impossible", row->impossible);
  json_t *scores = json_object(), *out;
  int failed = !scores;
  for (size_t i = 0; !failed && i < t->space->objective_count; i++)
    failed = json_object_set_new(scores, t->space->objectives[i].name, json_real(row->scores[i]));
  if (failed) {
    json_decref(scores);
    return NULL;
  }
  out = json_pack("{s:O, s:o, s:f}", "values", row->values, "scores", scores, "score", row->mean);
  const bool has_front = t->space->objective_count > 1;
  if (!out || !has_front) return out;
  if (json_object_set_new(out, "front", json_boolean(row->in_front)) == 0) return out;
  json_decref(out);
  return NULL;
}

json_t *ig_search_table_json(const ig_search_table *t) {
  json_t *rows = json_array();
  int failed = !rows;
  for (size_t i = 0; !failed && i < t->count; i++)
    failed = json_array_append_new(rows, row_json(t, &t->rows[i]));
  if (!failed) return rows;
  json_decref(rows);
  return NULL;
}

// ---- the file ---------------------------------------------------------------

ig_status ig_search_table_save(const ig_search_table *t, const char *identity, const char *path,
                               ig_error *err) {
  json_t *rows = ig_search_table_json(t);
  json_t *json = rows ? json_pack("{s:s, s:o}", "identity", identity, "evaluations", rows) : NULL;
  const ig_status status = json ? ig_json_save(path, json, 17, err) : ig_fail_memory(err);
  json_decref(json);
  return status;
}

static ig_status take_row(ig_search_table *t, const json_t *row, double *scores, const char *path,
                          ig_error *err) {
  json_t *values = json_object_get(row, "values");
  const json_t *found = json_object_get(row, "scores");
  const char *why = json_string_value(json_object_get(row, "impossible"));
  if (why && json_is_object(values)) return ig_search_table_add_impossible(t, values, why, err);
  bool fits = json_is_object(values);
  for (size_t i = 0; fits && i < t->space->objective_count; i++) {
    const json_t *score = json_object_get(found, t->space->objectives[i].name);
    fits = json_is_number(score);
    scores[i] = json_number_value(score);
  }
  if (fits) return ig_search_table_add(t, values, scores, err);
  return ig_fail(err, IG_ERROR_FORMAT, "%s: is no table of this search; remove it", path);
}

static ig_status take_rows(ig_search_table *t, const json_t *rows, const char *path,
                           ig_error *err) {
  double *scores = ig_allocate(t->space->objective_count, sizeof *scores, err);
  if (!scores) return IG_ERROR_MEMORY;
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < json_array_size(rows); i++)
    status = take_row(t, json_array_get(rows, i), scores, path, err);
  free(scores);
  return status;
}

ig_status ig_search_table_load(ig_search_table *t, const char *identity, const char *path,
                               ig_error *err) {
  json_t *json = NULL;
  if (!ig_file_exists(path)) return IG_OK;
  IG_TRY(ig_json_load_object(path, &json, err));
  const char *found = json_string_value(json_object_get(json, "identity"));
  ig_status status = IG_OK;
  if (found && strcmp(found, identity) == 0)
    status = take_rows(t, json_object_get(json, "evaluations"), path, err);
  json_decref(json);
  return status;
}
