#include "train/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/fail.h"
#include "io/json.h"

// ---- samples as a table of Markdown --------------------------------------------

// Signs that Markdown would take for its own are escaped; a cell is one line.
static void write_cell(FILE *to, const json_t *text) {
  fputs("| ", to);
  for (const char *p = json_is_string(text) ? json_string_value(text) : ""; *p; p++) {
    if (*p == '\n') {
      fputc(' ', to);
      continue;
    }
    if (strchr("\\`*_{}[]<>()#+-.!|~&$", *p)) fputc('\\', to);
    fputc(*p, to);
  }
  fputc(' ', to);
}

static void write_samples(FILE *to, const json_t *samples) {
  const char *key;
  json_t *text;
  const json_t *first = json_array_get(samples, 0), *sample;
  size_t i;
  json_object_foreach((json_t *)first, key, text) fprintf(to, "| %s ", key);
  fputs("|\n", to);
  json_object_foreach((json_t *)first, key, text) fputs("|---", to);
  fputs("|\n", to);
  json_array_foreach(samples, i, sample) {
    json_object_foreach((json_t *)sample, key, text) write_cell(to, text);
    fputs("|\n", to);
  }
}

static ig_status add_samples(ig_protobuf *summary, const json_t *samples, ig_error *err) {
  char *text = NULL;
  size_t size;
  FILE *memory = open_memstream(&text, &size);
  if (!memory) return ig_fail_system(err, "samples", "write");
  write_samples(memory, samples);
  const bool written = fclose(memory) == 0;
  if (written) ig_event_file_add_text(summary, "valid/samples", text);
  free(text);
  return written ? IG_OK : ig_fail(err, IG_ERROR_MEMORY, "out of memory");
}

// ---- lines ---------------------------------------------------------------------

static void add_number(ig_protobuf *summary, bool is_validation, const char *key, double value) {
  static const char prefix[] = "valid_";
  char tag[96];
  const bool has_prefix = strncmp(key, prefix, sizeof prefix - 1) == 0;
  snprintf(tag, sizeof tag, "%s/%.80s", is_validation ? "valid" : "train",
           has_prefix ? key + sizeof prefix - 1 : key);
  ig_event_file_add_number(summary, tag, value);
}

ig_status ig_events_write(const ig_run *run, const json_t *line, ig_error *err) {
  const bool is_validation = json_object_get(line, "valid_loss") != NULL;
  const json_t *samples = json_object_get(line, "samples");
  const char *key;
  json_t *value;
  ig_protobuf summary = {0};
  if (!run->events) return IG_OK;
  json_object_foreach((json_t *)line, key, value) {
    if (json_is_number(value) && strcmp(key, "update") != 0)
      add_number(&summary, is_validation, key, json_number_value(value));
  }
  const ig_status status = json_array_size(samples) ? add_samples(&summary, samples, err) : IG_OK;
  if (status == IG_OK) {
    const json_int_t update = json_integer_value(json_object_get(line, "update"));
    return ig_event_file_write(run->events, (uint64_t)update, &summary, err);
  }
  ig_protobuf_free(&summary);
  return status;
}

// ---- a run that goes on --------------------------------------------------------

// Where the last of `size` bytes of lines begins, each of which ends with a newline.
static size_t last_line(const char *text, size_t size) {
  while (--size > 0 && text[size - 1] != '\n') continue;
  return size;
}

static bool is_of_update(const json_t *line, int update) {
  return json_integer_value(json_object_get(line, "update")) == update;
}

// Where the lines of the last update begin.
static ig_status find_last_update(const ig_run *run, const char *text, size_t size, size_t *begin,
                                  ig_error *err) {
  bool found = true;
  for (*begin = size; found && *begin > 0;) {
    json_t *line = NULL;
    const size_t at = last_line(text, *begin);
    IG_TRY(ig_json_parse(text + at, *begin - at, run->metrics, &line, err));
    found = is_of_update(line, run->state.update);
    json_decref(line);
    if (found) *begin = at;
  }
  return IG_OK;
}

// Of an update that is not done again a validation may be, so that readers forget all of it: what
// metrics.jsonl has kept of it is told once more.
static ig_status repeat_lines(const ig_run *run, const char *text, size_t size, ig_error *err) {
  size_t at;
  IG_TRY(find_last_update(run, text, size, &at, err));
  while (at < size) {
    json_t *line = NULL;
    const size_t length = (size_t)((const char *)memchr(text + at, '\n', size - at) - text) - at;
    IG_TRY(ig_json_parse(text + at, length, run->metrics, &line, err));
    const ig_status status = ig_events_write(run, line, err);
    json_decref(line);
    IG_TRY(status);
    at += length + 1;
  }
  return IG_OK;
}

ig_status ig_events_open(ig_run *run, ig_error *err) {
  char *text;
  size_t size;
  if (!run->config.tensorboard) return IG_OK;
  const uint64_t update = (uint64_t)run->state.update;
  IG_TRY(ig_event_file_create(run->config.output, update, &run->events, err));
  if (!ig_file_exists(run->metrics)) return IG_OK;
  IG_TRY(ig_file_load(run->metrics, &text, &size, err));
  const ig_status status = repeat_lines(run, text, size, err);
  free(text);
  return status;
}
