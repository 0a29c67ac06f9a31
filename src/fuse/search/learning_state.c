#include "fuse/search/learning_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"

static size_t count_of(const ig_learning_state *s) {
  return s->coefficients.models * s->coefficients.each;
}

ig_status ig_learning_state_make(size_t models, size_t each, double start, ig_learning_state *out,
                                 ig_error *err) {
  *out = (ig_learning_state){.best_step = -1};
  IG_TRY(ig_coefficients_make(models, each, start, &out->coefficients, err));
  out->best = ig_allocate(models * each, sizeof *out->best, err);
  if (!out->best) return IG_ERROR_MEMORY;
  memcpy(out->best, out->coefficients.values, models * each * sizeof *out->best);
  out->history = json_array();
  out->models = json_object();
  return out->history && out->models ? IG_OK : ig_fail_memory(err);
}

void ig_learning_state_free(ig_learning_state *state) {
  ig_coefficients_free(&state->coefficients);
  free(state->best);
  json_decref(state->history);
  json_decref(state->models);
  *state = (ig_learning_state){0};
}

// ---- arrays of numbers ------------------------------------------------------

typedef struct state_array {
  const char *key;
  double *values;
} state_array;

enum { ARRAYS = 4 };

static void list_arrays(const ig_learning_state *s, state_array out[ARRAYS]) {
  out[0] = (state_array){"coefficients", s->coefficients.values};
  out[1] = (state_array){"first_moments", s->coefficients.m};
  out[2] = (state_array){"second_moments", s->coefficients.v};
  out[3] = (state_array){"best", s->best};
}

static json_t *array_of(const double *values, size_t count) {
  json_t *array = json_array();
  for (size_t i = 0; array && i < count; i++)
    if (json_array_append_new(array, json_real(values[i]))) {
      json_decref(array);
      return NULL;
    }
  return array;
}

static bool has_numbers(const json_t *array, size_t count) {
  if (json_array_size(array) != count) return false;
  for (size_t i = 0; i < count; i++)
    if (!json_is_number(json_array_get(array, i))) return false;
  return true;
}

// ---- the file ---------------------------------------------------------------

ig_status ig_learning_state_save(const ig_learning_state *s, const char *identity, const char *path,
                                 ig_error *err) {
  state_array arrays[ARRAYS];
  list_arrays(s, arrays);
  json_t *json = json_pack(
      "{s:s, s:i, s:i, s:i, s:i, s:i, s:b, s:f, s:f, s:O, s:O}", "identity", identity, "step",
      s->step, "updates", s->coefficients.updates, "best_step", s->best_step, "worse", s->worse,
      "recent_steps", s->recent_steps, "finished", (int)s->finished, "best_loss", s->best_loss,
      "recent_loss", s->recent_loss, "history", s->history, "models", s->models);
  bool fine = json != NULL;
  for (size_t i = 0; fine && i < ARRAYS; i++)
    fine = json_object_set_new(json, arrays[i].key, array_of(arrays[i].values, count_of(s))) == 0;
  const ig_status status = fine ? ig_json_save(path, json, 17, err) : ig_fail_memory(err);
  json_decref(json);
  return status;
}

static bool fits(const ig_learning_state *s, const json_t *json, const char *identity) {
  static const char *const whole[] = {"step", "updates", "best_step", "worse", "recent_steps"};
  state_array arrays[ARRAYS];
  list_arrays(s, arrays);
  const char *found = json_string_value(json_object_get(json, "identity"));
  bool fit = found && strcmp(found, identity) == 0 &&
             json_is_boolean(json_object_get(json, "finished")) &&
             json_is_number(json_object_get(json, "best_loss")) &&
             json_is_number(json_object_get(json, "recent_loss")) &&
             json_is_array(json_object_get(json, "history")) &&
             json_is_object(json_object_get(json, "models"));
  for (size_t i = 0; fit && i < sizeof whole / sizeof *whole; i++)
    fit = json_is_integer(json_object_get(json, whole[i]));
  for (size_t i = 0; fit && i < ARRAYS; i++)
    fit = has_numbers(json_object_get(json, arrays[i].key), count_of(s));
  return fit;
}

static int int_of(const json_t *json, const char *key) {
  return (int)json_integer_value(json_object_get(json, key));
}

static void take_over(ig_learning_state *s, const json_t *json) {
  state_array arrays[ARRAYS];
  list_arrays(s, arrays);
  for (size_t i = 0; i < ARRAYS; i++)
    for (size_t k = 0; k < count_of(s); k++)
      arrays[i].values[k] =
          json_number_value(json_array_get(json_object_get(json, arrays[i].key), k));
  s->step = int_of(json, "step");
  s->coefficients.updates = int_of(json, "updates");
  s->best_step = int_of(json, "best_step");
  s->worse = int_of(json, "worse");
  s->finished = json_is_true(json_object_get(json, "finished"));
  s->best_loss = json_number_value(json_object_get(json, "best_loss"));
  s->recent_loss = json_number_value(json_object_get(json, "recent_loss"));
  s->recent_steps = int_of(json, "recent_steps");
  json_decref(s->history);
  json_decref(s->models);
  s->history = json_incref(json_object_get(json, "history"));
  s->models = json_incref(json_object_get(json, "models"));
}

ig_status ig_learning_state_load(ig_learning_state *s, const char *identity, const char *path,
                                 bool *found, ig_error *err) {
  json_t *json = NULL;
  *found = false;
  if (!ig_file_exists(path)) return IG_OK;
  IG_TRY(ig_json_load_object(path, &json, err));
  *found = fits(s, json, identity);
  if (*found) take_over(s, json);
  json_decref(json);
  return IG_OK;
}
