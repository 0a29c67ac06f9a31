#include "input.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "paths.h"

ig_status cli_lines_open(const char *path, const ig_lines_options *options, ig_lines **out,
                         ig_error *err) {
  return ig_lines_open(cli_is_standard(path) ? NULL : path, options, out, err);
}

static ig_status append_line(cli_text *text, size_t *capacity, const char *line, ig_error *err) {
  if (text->count == *capacity) {
    *capacity = *capacity * 2 + 256;
    char **grown = realloc(text->lines, *capacity * sizeof *grown);
    if (grown == NULL) return cli_error_memory(err);
    text->lines = grown;
  }
  text->lines[text->count] = strdup(line);
  if (text->lines[text->count] == NULL) return cli_error_memory(err);
  text->count++;
  return IG_OK;
}

ig_status cli_text_read(cli_text *text, const char *path, const ig_lines_options *options,
                        ig_error *err) {
  *text = (cli_text){0};
  ig_lines *lines;
  size_t capacity = 0, length;
  const char *line;
  ig_status status = cli_lines_open(path, options, &lines, err);
  while (status == IG_OK) {
    status = ig_lines_next(lines, &line, &length, err);
    if (status != IG_OK || line == NULL) break;
    status = append_line(text, &capacity, line, err);
    if (status != IG_OK)
      cli_error(err, status, "%s: out of memory at line %zu",
                cli_is_standard(path) ? "standard input" : path, text->count + 1);
  }
  ig_lines_close(lines);
  if (status != IG_OK) cli_text_free(text);
  return status;
}

void cli_text_free(cli_text *text) {
  for (size_t i = 0; i < text->count; i++) free(text->lines[i]);
  free(text->lines);
  *text = (cli_text){0};
}
