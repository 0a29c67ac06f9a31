#include "train/page/run_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"
#include "io/lines.h"

static const char *const keys[IG_RUN_MEASURE_COUNT] = {
    [IG_RUN_MEASURE_LOSS] = "loss",
    [IG_RUN_MEASURE_VALID_LOSS] = "valid_loss",
    [IG_RUN_MEASURE_BLEU] = "bleu",
    [IG_RUN_MEASURE_CHRF] = "chrf",
    [IG_RUN_MEASURE_F1] = "f1",
    [IG_RUN_MEASURE_EXACT] = "exact",
    [IG_RUN_MEASURE_ACCURACY] = "accuracy",
    [IG_RUN_MEASURE_KL_DIVERGENCE] = "kl_divergence",
    [IG_RUN_MEASURE_LEARNING_RATE] = "learning_rate",
    [IG_RUN_MEASURE_RATE] = "target_tokens_per_second",
    [IG_RUN_MEASURE_GRADIENT_NORM] = "gradient_norm",
    [IG_RUN_MEASURE_SECONDS] = "seconds",
};

const char *ig_run_metrics_key(ig_run_measure measure) { return keys[measure]; }

// ---- lines ---------------------------------------------------------------------

// What a line says: NAN where it does not say it.
typedef struct line_values {
  double update, value[IG_RUN_MEASURE_COUNT];
} line_values;

static ig_status read_number(const json_t *line, const char *key, double *out, ig_error *err) {
  const json_t *value = json_object_get(line, key);
  *out = NAN;
  if (!value) return IG_OK;
  if (json_is_number(value)) *out = json_number_value(value);
  return isfinite(*out) ? IG_OK
                        : ig_fail(err, IG_ERROR_FORMAT, "%s: expected a number, found %s", key,
                                  ig_json_type_name(value));
}

static ig_status read_values(const json_t *line, line_values *out, ig_error *err) {
  const json_t *update = json_object_get(line, "update");
  if (!json_is_object(line))
    return ig_fail(err, IG_ERROR_FORMAT, "expected an object, found %s", ig_json_type_name(line));
  if (!json_is_integer(update) || json_integer_value(update) < 0)
    return ig_fail(err, IG_ERROR_FORMAT, "update: expected a whole number, found %s",
                   ig_json_type_name(update));
  out->update = (double)json_integer_value(update);
  for (int i = 0; i < IG_RUN_MEASURE_COUNT; i++)
    IG_TRY(read_number(line, keys[i], &out->value[i], err));
  return IG_OK;
}

static ig_status append(ig_run_series *s, double update, double value, ig_error *err) {
  void *updates = s->update, *values = s->value;
  IG_TRY(ig_allocate_more(&updates, &s->update_capacity, s->count + 1, sizeof(double), err));
  s->update = updates;
  IG_TRY(ig_allocate_more(&values, &s->value_capacity, s->count + 1, sizeof(double), err));
  s->value = values;
  s->update[s->count] = update;
  s->value[s->count++] = value;
  return IG_OK;
}

// Of the n-th change, from 1; below all updates: there is none.
static double change_update(const ig_run_metrics *m, size_t n) {
  const json_t *line = n ? json_array_get(m->changes, n - 1) : NULL;
  return line ? (double)json_integer_value(json_object_get(line, "update")) : -1;
}

// A file that goes back, such as two that were joined, tells those updates anew.
static void forget_from(ig_run_metrics *m, double update, size_t number) {
  if (m->backward.count++ == 0) m->backward.first = number;
  for (int i = 0; i < IG_RUN_MEASURE_COUNT; i++) {
    ig_run_series *s = &m->series[i];
    while (s->count && s->update[s->count - 1] >= update) s->count--;
  }
  while (m->changes && change_update(m, json_array_size(m->changes)) >= update)
    json_array_remove(m->changes, json_array_size(m->changes) - 1);
  if (m->sampled < update) return;
  json_decref(m->samples);
  m->samples = NULL;
}

static ig_status note_change(ig_run_metrics *m, json_t *line, ig_error *err) {
  if (!m->changes) m->changes = json_array();
  return json_array_append(m->changes, line) == 0 ? IG_OK : ig_fail_memory_in(m->path, err);
}

static ig_status take_line(ig_run_metrics *m, json_t *line, const line_values *v, size_t number,
                           ig_error *err) {
  json_t *samples = json_object_get(line, "samples");
  if (v->update < m->last_update) forget_from(m, v->update, number);
  m->last_update = v->update;
  for (int i = 0; i < IG_RUN_MEASURE_COUNT; i++)
    if (!isnan(v->value[i])) IG_TRY(append(&m->series[i], v->update, v->value[i], err));
  if (json_is_object(json_object_get(line, "changed"))) IG_TRY(note_change(m, line, err));
  if (json_array_size(samples) == 0) return IG_OK;
  json_decref(m->samples);
  m->samples = json_incref(samples);
  m->sampled = v->update;
  return IG_OK;
}

// *why says what keeps a line from being read; that is no failure, but memory that is out is.
static ig_status read_line(ig_run_metrics *m, const char *text, size_t length, size_t number,
                           ig_error *why, ig_error *err) {
  json_t *line = NULL;
  line_values values = {.update = 0};
  ig_status status = ig_json_parse_line(text, length, &line, why);
  const bool is_json = status == IG_OK;
  if (status == IG_OK) status = read_values(line, &values, why);
  const ig_status taken = status == IG_OK ? take_line(m, line, &values, number, err) : IG_OK;
  json_decref(line);
  IG_TRY(taken);
  if (status == IG_ERROR_MEMORY) return ig_fail(err, status, "%s", why->message);
  if (status == IG_OK) return IG_OK;
  if (m->unreadable.count++ == 0) {
    m->unreadable.first = number;
    snprintf(m->why, sizeof m->why, "%.200s", why->message);
  }
  m->incomplete = !is_json;  // unless a line follows
  return IG_OK;
}

static ig_status read_lines(ig_run_metrics *m, ig_lines *lines, size_t *read, ig_error *err) {
  const char *text;
  size_t length;
  for (*read = 0;;) {
    ig_error why = {0};
    IG_TRY(ig_lines_next(lines, &text, &length, err));
    if (!text) return IG_OK;
    if (strspn(text, " \t") == length) continue;
    m->incomplete = false;
    IG_TRY(read_line(m, text, length, ig_lines_number(lines), &why, err));
    ++*read;
  }
}

// A run that is going on, or was killed, may have written half a line.
static void judge_last_line(ig_run_metrics *m, size_t read) {
  m->incomplete = m->incomplete && read > m->unreadable.count;
  if (m->incomplete) m->unreadable.count--;
}

static ig_status read_file(ig_run_metrics *m, ig_error *err) {
  ig_lines *lines;
  size_t read = 0;
  IG_TRY(ig_lines_open(m->path, NULL, &lines, err));
  const ig_status status = read_lines(m, lines, &read, err);
  ig_lines_close(lines);
  IG_TRY(status);
  judge_last_line(m, read);
  if (read == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: has no lines yet: nothing to draw", m->path);
  if (m->unreadable.count < read) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s:%zu: no line of a training's metrics: %s", m->path,
                 m->unreadable.first, m->why);
}

// ---- the run -------------------------------------------------------------------

static ig_status name_run(const char *run, ig_run_metrics *m, char **directory, ig_error *err) {
  struct stat status;
  if (stat(run, &status) == 0 && S_ISDIR(status.st_mode)) {
    m->path = ig_path_join(run, "metrics.jsonl", err);
    m->name = ig_path_with_suffix(run, "", err);
    *directory = ig_path_with_suffix(run, "", err);
    if (!m->path || !m->name || !*directory) return IG_ERROR_MEMORY;
    if (ig_file_exists(m->path)) return IG_OK;
    return ig_fail(err, IG_ERROR_IO,
                   "%s: has no metrics.jsonl: expected the output directory of a training", run);
  }
  m->path = ig_allocate_copy(run, strlen(run), err);
  m->name = ig_allocate_copy(run, strlen(run), err);
  *directory = ig_path_parent(run, err);
  return m->path && m->name && *directory ? IG_OK : IG_ERROR_MEMORY;
}

// The keys that decide the result of a run, as its checkpoint holds them.
static ig_status read_settings(const char *directory, ig_run_metrics *m, ig_error *err) {
  json_t *checkpoint = NULL;
  char *latest = ig_path_join(directory, "latest", err);
  const ig_status status =
      latest ? ig_json_load_in_if_exists(latest, "training.json", &checkpoint, err)
             : IG_ERROR_MEMORY;
  json_t *settings = json_object_get(checkpoint, "identity");
  if (json_is_object(settings)) m->settings = json_incref(settings);
  json_decref(checkpoint);
  free(latest);
  return status;
}

ig_status ig_run_metrics_read(const char *run, ig_run_metrics *m, ig_error *err) {
  char *directory = NULL;
  *m = (ig_run_metrics){0};
  ig_status status = name_run(run, m, &directory, err);
  if (status == IG_OK) status = read_file(m, err);
  if (status == IG_OK) status = read_settings(directory, m, err);
  free(directory);
  return status;
}

void ig_run_metrics_free(ig_run_metrics *m) {
  for (int i = 0; i < IG_RUN_MEASURE_COUNT; i++) {
    free(m->series[i].update);
    free(m->series[i].value);
  }
  free(m->name);
  free(m->path);
  json_decref(m->samples);
  json_decref(m->changes);
  json_decref(m->settings);
  *m = (ig_run_metrics){0};
}

double ig_run_metrics_seconds(const ig_run_metrics *m, double update) {
  const ig_run_series *s = &m->series[IG_RUN_MEASURE_SECONDS];
  size_t low = 0, high = s->count;
  if (s->count == 0) return NAN;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (s->update[middle] < update)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == s->count) return s->value[s->count - 1];
  const double before = low ? s->update[low - 1] : 0, seconds = low ? s->value[low - 1] : 0,
               width = s->update[low] - before;
  return width > 0 ? seconds + (s->value[low] - seconds) * (update - before) / width
                   : s->value[low];
}
