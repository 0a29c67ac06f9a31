// metrics.jsonl: lines are appended during training; a resume cuts off those after its checkpoint.
#include "train/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"
#include "train/events.h"

static ig_status append_line(const char *path, const char *line, ig_error *err) {
  FILE *file;
  IG_TRY(ig_file_open_to_append(path, &file, err));
  const bool written = fprintf(file, "%s\n", line) > 0;
  if (fclose(file) == 0 && written) return IG_OK;
  return ig_fail(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
}

ig_status ig_metrics_append(const ig_run *run, json_t *entry, ig_error *err) {
  if (run->follows) {
    json_decref(entry);
    return IG_OK;
  }
  char *text = ig_json_text(entry, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
  const ig_status shown = text ? ig_events_write(run, entry, err) : IG_OK;
  json_decref(entry);
  if (!text)
    return ig_fail(err, IG_ERROR_MEMORY,
                   "%s: a line of metrics: out of memory, or a number that is not finite",
                   run->metrics);
  const ig_status status = shown == IG_OK ? append_line(run->metrics, text, err) : shown;
  if (status == IG_OK && run->tell_metrics) run->tell_metrics(run->metrics_context, text);
  free(text);
  return status;
}

// The update that a line tells of. A line that a crash has left incomplete counts as after all
// updates.
static json_int_t line_update(const char *line, size_t length) {
  json_t *object = NULL;
  ig_json_parse(line, length, "a line of metrics", &object, NULL);
  const json_t *update = json_object_get(object, "update");
  const json_int_t value = json_is_integer(update) ? json_integer_value(update) : INT64_MAX;
  json_decref(object);
  return value;
}

ig_status ig_metrics_sync(const char *path, uint64_t *bytes, ig_error *err) {
  *bytes = 0;
  if (!ig_file_exists(path)) return IG_OK;
  ig_file file;
  IG_TRY(ig_file_open(&file, path, err));
  const ig_status status = fsync(file.handle) == 0 ? IG_OK : ig_fail_system(err, path, "sync");
  *bytes = (uint64_t)file.size;
  ig_file_close(&file);
  return status;
}

ig_status ig_metrics_truncate(const char *path, const ig_run_state *state, ig_error *err) {
  if (!ig_file_exists(path)) return IG_OK;
  char *text;
  size_t size, kept = 0;
  IG_TRY(ig_file_load(path, &text, &size, err));
  const size_t limit = state->metrics_bytes < size ? (size_t)state->metrics_bytes : size;
  while (kept < limit) {
    const char *end = memchr(text + kept, '\n', limit - kept);
    if (!end || line_update(text + kept, (size_t)(end - text) - kept) > state->update) break;
    kept = (size_t)(end - text) + 1;
  }
  const ig_status status = kept < size ? ig_file_write(path, text, kept, err) : IG_OK;
  free(text);
  return status;
}
