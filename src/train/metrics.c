// metrics.jsonl: appended as training goes, cut back on resume.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "io/json.h"
#include "train/run.h"

ig_status ig_metrics_append(const char *path, json_t *entry, ig_error *err) {
  char *text = entry ? json_dumps(entry, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9)) : NULL;
  json_decref(entry);
  if (!text) return ig_fail(err, IG_ERROR_MEMORY, "%s: a line of metrics: out of memory, or a number that is not finite", path);
  FILE *file = fopen(path, "a");
  const bool written = file && fprintf(file, "%s\n", text) > 0;
  free(text);
  if (file && fclose(file) == 0 && written) return IG_OK;
  return ig_fail(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
}

// The update a line speaks of; behind everything where the line is broken (a crash within a write).
static json_int_t line_update(const char *line, size_t length) {
  json_t *object = json_loadb(line, length, 0, NULL);
  const json_t *update = json_object_get(object, "update");
  const json_int_t value = json_is_integer(update) ? json_integer_value(update) : INT64_MAX;
  json_decref(object);
  return value;
}

ig_status ig_metrics_truncate(const char *path, int update, ig_error *err) {
  if (!ig_file_exists(path)) return IG_OK;
  char *text;
  size_t size, kept = 0;
  IG_TRY(ig_read_file(path, &text, &size, err));
  for (const char *end; kept < size && (end = memchr(text + kept, '\n', size - kept)); kept = (size_t)(end - text) + 1)
    if (line_update(text + kept, (size_t)(end - text) - kept) > update) break;
  const ig_status status = kept < size ? ig_write_file(path, text, kept, err) : IG_OK;
  free(text);
  return status;
}
