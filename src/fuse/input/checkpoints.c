#include "fuse/input/checkpoints.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/name.h"
#include "base/path.h"
#include "io/json.h"

typedef struct checkpoint {
  long update;
  double score;  // higher is better; NAN: it is not known
} checkpoint;

typedef struct checkpoints {
  const char *kind;  // one of those below; NULL: none is found yet
  checkpoint *items;
  size_t count, capacity;
} checkpoints;

static const char own[] = "update-", trainers[] = "checkpoint-";

static int by_update(const void *a, const void *b) {
  const long x = ((const checkpoint *)a)->update, y = ((const checkpoint *)b)->update;
  return x < y ? -1 : x > y;
}

// The best score comes first. Of equal scores the earlier update does, as in training's own choice
// of the best.
static int by_score(const void *a, const void *b) {
  const double x = ((const checkpoint *)a)->score, y = ((const checkpoint *)b)->score;
  return x > y ? -1 : x < y ? 1 : by_update(a, b);
}

// ---- which exist --------------------------------------------------------

static const char *kind_of(const char *name) {
  if (strncmp(name, own, strlen(own)) == 0) return own;
  return strncmp(name, trainers, strlen(trainers)) == 0 ? trainers : NULL;
}

static ig_status add_checkpoint(const char *run, const char *name, int every, checkpoints *all,
                                ig_error *err) {
  char *end;
  const char *kind = kind_of(name), *number = kind ? name + strlen(kind) : name;
  if (!kind || *number < '0' || *number > '9') return IG_OK;
  const long update = strtol(number, &end, 10);
  if (*end || (every && update % every)) return IG_OK;
  if (all->kind && all->kind != kind)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: has checkpoints of two kinds, %sN and %sN: name those that are wanted as "
                   "models",
                   run, own, trainers);
  all->kind = kind;
  IG_TRY(ig_allocate_more((void **)&all->items, &all->capacity, all->count + 1, sizeof *all->items,
                          err));
  all->items[all->count++] = (checkpoint){update, NAN};
  return IG_OK;
}

static ig_status list_directory(const char *run, int every, checkpoints *all, ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read(run, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    status = add_checkpoint(run, listing.names[i], every, all, err);
  ig_listing_free(&listing);
  return status;
}

// ---- scores -----------------------------------------------------------------

static ig_status read_score(const char *line, size_t size, const char *path, const char *metric,
                            checkpoints *all, ig_error *err) {
  json_t *json;
  IG_TRY(ig_json_parse(line, size, path, &json, err));
  const json_t *update = json_object_get(json, "update"), *score = json_object_get(json, metric);
  for (size_t i = 0; score && i < all->count; i++)
    if (json_integer_value(update) == all->items[i].update)
      all->items[i].score =
          strncmp(metric, "valid_", 6) == 0 ? -json_number_value(score) : json_number_value(score);
  json_decref(json);
  return IG_OK;
}

static ig_status require_scores(const char *path, const char *metric, const checkpoints *all,
                                ig_error *err) {
  for (size_t i = 0; i < all->count; i++)
    if (isnan(all->items[i].score))
      return ig_fail(
          err, IG_ERROR_FORMAT,
          "%s: no %s for update %ld: checkpoints are ranked by the validation at their own update",
          path, metric, all->items[i].update);
  return IG_OK;
}

static ig_status read_own_scores(const char *run, const char *metric, checkpoints *all,
                                 ig_error *err) {
  char *path = ig_path_join(run, "metrics.jsonl", err), *text = NULL;
  size_t size;
  ig_status status = path ? ig_file_load(path, &text, &size, err) : IG_ERROR_MEMORY;
  for (const char *line = text; status == IG_OK && *line;) {
    const size_t length = strcspn(line, "\n");
    if (length) status = read_score(line, length, path, metric, all, err);
    line += length + (line[length] == '\n');
  }
  if (status == IG_OK) status = require_scores(path, metric, all, err);
  free(path);
  free(text);
  return status;
}

// ---- what transformers' Trainer wrote -----------------------------------------

// What its checkpoints are ranked by.
typedef struct trainers_metric {
  const char *path;  // of trainer_state.json, for messages
  char key[128];     // of the log
  bool lower;        // is better
} trainers_metric;

// The step at which the Trainer found its best; -1: it does not say.
static json_int_t find_best_step(const json_t *state) {
  const json_t *step = json_object_get(state, "best_global_step");
  if (json_is_integer(step)) return json_integer_value(step);
  const char *name = json_string_value(json_object_get(state, "best_model_checkpoint")),
             *number = name ? strrchr(name, '-') : NULL;
  return number ? strtol(number + 1, NULL, 10) : -1;
}

static bool is_of_time(const char *key) {
  return strcmp(key, "eval_runtime") == 0 || ig_name_ends_with(key, "_per_second");
}

// Finds the one key that had the best value where it was found. false: there is none, or several.
static bool find_best_key(const json_t *state, double best, trainers_metric *out) {
  const json_int_t at = find_best_step(state);
  const json_t *entry, *value;
  const char *key;
  size_t i, found = 0;
  json_array_foreach(json_object_get(state, "log_history"), i, entry) {
    const json_t *step = json_object_get(entry, "step");
    if (at >= 0 && (!json_is_integer(step) || json_integer_value(step) != at)) continue;
    json_object_foreach((json_t *)entry, key, value) {
      const bool fits = strncmp(key, "eval_", 5) == 0 && !is_of_time(key) &&
                        json_is_number(value) && json_number_value(value) == best;
      if (!fits || (found && strcmp(key, out->key) == 0)) continue;
      found++;
      snprintf(out->key, sizeof out->key, "%.120s", key);
    }
  }
  return found == 1;
}

// Whether lower values are better: the Trainer took the least of all that it saw, or the greatest.
// false: neither is so, or both.
static bool find_direction(const json_t *state, double best, trainers_metric *out) {
  const json_t *entry;
  size_t i;
  bool above = false, below = false;
  json_array_foreach(json_object_get(state, "log_history"), i, entry) {
    const json_t *value = json_object_get(entry, out->key);
    above |= json_is_number(value) && json_number_value(value) > best;
    below |= json_is_number(value) && json_number_value(value) < best;
  }
  out->lower = above;
  return above != below;
}

static ig_status choose_trainers_metric(const json_t *state, const char *wanted,
                                        trainers_metric *out, ig_error *err) {
  const json_t *number = json_object_get(state, "best_metric");
  const double best = json_number_value(number);
  trainers_metric chosen = {.key = "eval_loss"};
  const bool known = !json_is_number(number) || find_best_key(state, best, &chosen);
  if (!wanted && !known)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: it does not show which of its scores is best_metric: name it by 'metric'",
                   out->path);
  if (wanted) {
    const bool is_whole = strncmp(wanted, "eval_", 5) == 0;
    snprintf(out->key, sizeof out->key, "%s%.100s", is_whole ? "" : "eval_", wanted);
  } else {
    snprintf(out->key, sizeof out->key, "%s", chosen.key);
  }
  out->lower = ig_name_ends_with(out->key, "loss");
  const bool is_best = json_is_number(number) && known && strcmp(out->key, chosen.key) == 0;
  if (!is_best || find_direction(state, best, out) || ig_name_ends_with(out->key, "loss"))
    return IG_OK;
  return ig_fail(
      err, IG_ERROR_FORMAT,
      "%s: it does not show whether a lower %s is better: name the checkpoints as models",
      out->path, out->key);
}

static void take_trainers_scores(const json_t *state, const trainers_metric *metric,
                                 checkpoints *all) {
  const json_t *entry;
  size_t i;
  json_array_foreach(json_object_get(state, "log_history"), i, entry) {
    const json_t *step = json_object_get(entry, "step"),
                 *score = json_object_get(entry, metric->key);
    for (size_t k = 0; json_is_number(score) && k < all->count; k++)
      if (json_is_integer(step) && json_integer_value(step) == all->items[k].update)
        all->items[k].score = metric->lower ? -json_number_value(score) : json_number_value(score);
  }
}

// trainer_state.json of the last checkpoint has the log of the whole run.
static ig_status read_trainers_scores(const char *run, const char *wanted, checkpoints *all,
                                      ig_error *err) {
  char file[96];
  json_t *state = NULL;
  snprintf(file, sizeof file, "%s%ld/trainer_state.json", trainers,
           all->items[all->count - 1].update);
  char *path = ig_path_join(run, file, err);
  trainers_metric metric = {.path = path};
  ig_status status = path ? ig_json_load_object(path, &state, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = choose_trainers_metric(state, wanted, &metric, err);
  if (status == IG_OK) {
    take_trainers_scores(state, &metric, all);
    status = require_scores(path, metric.key, all, err);
  }
  json_decref(state);
  free(path);
  return status;
}

static ig_status read_scores(const char *run, const char *metric, checkpoints *all, ig_error *err) {
  return all->kind == own ? read_own_scores(run, metric ? metric : "bleu", all, err)
                          : read_trainers_scores(run, metric, all, err);
}

// ---- which are wanted -------------------------------------------------------

static ig_status choose_checkpoints(const char *run, const ig_checkpoints_wanted *wanted,
                                    checkpoints *all, ig_error *err) {
  if (all->count == 0)
    return ig_fail(
        err, IG_ERROR_FORMAT,
        "%s: no checkpoints update-N%s (save_every and keep in the training's configuration say "
        "which ones stay), and none checkpoint-N, as the Trainer of transformers calls them",
        run, wanted->every ? " that 'every' divides" : "");
  qsort(all->items, all->count, sizeof *all->items, by_update);
  const size_t last = (size_t)wanted->last, best = (size_t)wanted->best;
  if (last > all->count || best > all->count)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: %s: %zu checkpoints wanted, %zu found%s: '%s: %zu' takes all of them", run,
                   last > best ? "last" : "best", last > best ? last : best, all->count,
                   wanted->every ? " that 'every' divides" : "", last > best ? "last" : "best",
                   all->count);
  if (last) {
    memmove(all->items, all->items + all->count - last, last * sizeof *all->items);
    all->count = last;
  }
  if (!best) return IG_OK;
  IG_TRY(read_scores(run, wanted->metric, all, err));
  qsort(all->items, all->count, sizeof *all->items, by_score);
  all->count = best < all->count ? best : all->count;
  qsort(all->items, all->count, sizeof *all->items, by_update);
  return IG_OK;
}

static ig_status name_all(const char *run, const checkpoints *all, char ***out, ig_error *err) {
  char **names = *out = ig_allocate(all->count, sizeof *names, err);
  if (!names) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < all->count; i++) {
    char name[48];
    snprintf(name, sizeof name, "%s%ld", all->kind, all->items[i].update);
    names[i] = ig_path_join(run, name, err);
    if (names[i]) continue;
    while (i > 0) free(names[--i]);
    free(names);
    *out = NULL;
    return IG_ERROR_MEMORY;
  }
  return IG_OK;
}

ig_status ig_checkpoints_find(const char *run, const ig_checkpoints_wanted *wanted, char ***out,
                              size_t *count, ig_error *err) {
  checkpoints all = {0};
  *out = NULL;
  ig_status status = list_directory(run, wanted->every, &all, err);
  if (status == IG_OK) status = choose_checkpoints(run, wanted, &all, err);
  if (status == IG_OK) status = name_all(run, &all, out, err);
  *count = status == IG_OK ? all.count : 0;
  free(all.items);
  return status;
}
