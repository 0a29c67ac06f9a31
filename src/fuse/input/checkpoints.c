#include "fuse/input/checkpoints.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/path.h"
#include "io/json.h"

typedef struct checkpoint {
  long update;
  double score;  // higher is better; NAN: it is not known
} checkpoint;

typedef struct checkpoints {
  checkpoint *items;
  size_t count, capacity;
} checkpoints;

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

static ig_status list_directory(const char *run, int every, checkpoints *all, ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read(run, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++) {
    const char *name = listing.names[i];
    char *end;
    if (strncmp(name, "update-", 7) != 0 || name[7] < '0' || name[7] > '9') continue;
    const long update = strtol(name + 7, &end, 10);
    if (*end || (every && update % every)) continue;
    status = ig_allocate_more((void **)&all->items, &all->capacity, all->count + 1,
                              sizeof *all->items, err);
    if (status == IG_OK) all->items[all->count++] = (checkpoint){update, NAN};
  }
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

static ig_status read_scores(const char *run, const char *metric, checkpoints *all, ig_error *err) {
  char *path = ig_path_join(run, "metrics.jsonl", err), *text = NULL;
  size_t size;
  ig_status status = path ? ig_file_load(path, &text, &size, err) : IG_ERROR_MEMORY;
  for (const char *line = text; status == IG_OK && *line;) {
    const size_t length = strcspn(line, "\n");
    if (length) status = read_score(line, length, path, metric, all, err);
    line += length + (line[length] == '\n');
  }
  for (size_t i = 0; status == IG_OK && i < all->count; i++)
    if (isnan(all->items[i].score))
      status = ig_fail(
          err, IG_ERROR_FORMAT,
          "%s: no %s for update %ld: checkpoints are ranked by the validation at their own update",
          path, metric, all->items[i].update);
  free(path);
  free(text);
  return status;
}

// ---- which are wanted -------------------------------------------------------

static ig_status choose_checkpoints(const char *run, const ig_checkpoints_wanted *wanted,
                                    checkpoints *all, ig_error *err) {
  if (all->count == 0)
    return ig_fail(
        err, IG_ERROR_FORMAT,
        "%s: no checkpoints update-N%s (save_every and keep in the training's configuration say "
        "which ones stay)",
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
    snprintf(name, sizeof name, "update-%ld", all->items[i].update);
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
