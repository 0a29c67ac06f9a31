#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "paths.h"

#define FIRST_BUFFER ((size_t)1 << 16)
#define MOST_WAITS 20

ig_status cli_input_open(cli_input *input, const char *path, ig_error *err) {
  *input = (cli_input){.descriptor = STDIN_FILENO, .name = "standard input"};
  if (cli_is_standard(path)) return IG_OK;
  input->name = path;
  input->descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (input->descriptor >= 0) return IG_OK;
  input->name = NULL;
  return cli_error(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
}

void cli_input_close(cli_input *input) {
  if (input->name != NULL && input->descriptor != STDIN_FILENO) close(input->descriptor);
  free(input->buffer);
  *input = (cli_input){0};
}

// Does the buffer hold a whole line, up to `scanned`?
static bool has_line(cli_input *input) {
  const char *newline = input->scanned < input->end ? memchr(input->buffer + input->scanned, '\n',
                                                             input->end - input->scanned)
                                                    : NULL;
  input->scanned = newline != NULL ? (size_t)(newline - input->buffer) : input->end;
  return newline != NULL;
}

// Makes the buffer large enough for more bytes and for a NUL after them. What is left of the last
// line moves to the front.
static bool grow_buffer(cli_input *input) {
  if (input->begin > 0) {
    memmove(input->buffer, input->buffer + input->begin, input->end - input->begin);
    input->end -= input->begin;
    input->scanned -= input->begin;
    input->begin = 0;
  }
  if (input->end + 1 < input->capacity) return true;
  const size_t capacity = input->capacity > 0 ? 2 * input->capacity : FIRST_BUFFER;
  char *grown = realloc(input->buffer, capacity);
  if (grown == NULL) return false;
  input->buffer = grown;
  input->capacity = capacity;
  return true;
}

static void read_more(cli_input *input) {
  if (!grow_buffer(input)) {
    input->ended = true;
    input->failure = ENOMEM;
    return;
  }
  ssize_t n;
  do {
    n = read(input->descriptor, input->buffer + input->end, input->capacity - input->end - 1);
  } while (n < 0 && errno == EINTR);
  if (n > 0) input->end += (size_t)n;
  input->ended = n <= 0;
  input->failure = n < 0 ? errno : 0;
}

ig_status cli_input_read(cli_input *input, const char **line, size_t *length, ig_error *err) {
  bool whole = has_line(input);
  while (!whole && !input->ended) {
    read_more(input);
    whole = has_line(input);
  }
  *line = NULL;
  *length = 0;
  if (!whole && input->failure != 0)
    return cli_error(err, IG_ERROR_IO, "%s: %s", input->name, strerror(input->failure));
  if (!whole && input->begin == input->end) return IG_OK;
  *line = input->buffer + input->begin;
  *length = input->scanned - input->begin;
  input->buffer[input->scanned] = '\0';  // in place of the newline, or after the last line
  if (whole) input->scanned++;
  input->begin = input->scanned;
  return IG_OK;
}

static bool has_bytes(const cli_input *input, int milliseconds) {
  struct pollfd wanted = {.fd = input->descriptor, .events = POLLIN};
  return poll(&wanted, 1, milliseconds) != 0;  // what poll cannot tell, read will
}

// A pipe that is empty may belong to a writer as fast as this command, who needs a moment to fill
// it again. It gets a few such moments for each time that we give up, so that one who writes slowly
// but steadily does not keep others waiting.
static bool has_bytes_soon(cli_input *input) {
  if (has_bytes(input, 0)) return true;
  input->waits++;
  if (input->waits <= MOST_WAITS && has_bytes(input, 1)) return true;
  input->waits = 0;
  return false;
}

bool cli_input_ready(cli_input *input) {
  while (!has_line(input) && !input->ended) {
    if (!has_bytes_soon(input)) return false;
    read_more(input);
  }
  return true;
}

static ig_status append_line(cli_text *text, size_t *capacity, const char *line, size_t length,
                             const char *name, ig_error *err) {
  if (memchr(line, '\0', length) != NULL)
    return cli_error(err, IG_ERROR_FORMAT, "%s:%zu: a NUL byte; this is no text", name,
                     text->count + 1);
  if (text->count == *capacity) {
    *capacity = *capacity * 2 + 256;
    char **grown = realloc(text->lines, *capacity * sizeof *grown);
    if (grown == NULL)
      return cli_error(err, IG_ERROR_MEMORY, "%s: out of memory at line %zu", name,
                       text->count + 1);
    text->lines = grown;
  }
  text->lines[text->count] = strdup(line);
  if (text->lines[text->count] == NULL)
    return cli_error(err, IG_ERROR_MEMORY, "%s: out of memory at line %zu", name, text->count + 1);
  text->count++;
  return IG_OK;
}

ig_status cli_text_read(cli_text *text, const char *path, ig_error *err) {
  *text = (cli_text){0};
  cli_input input;
  size_t capacity = 0, length;
  const char *line;
  ig_status status = cli_input_open(&input, path, err);
  while (status == IG_OK) {
    status = cli_input_read(&input, &line, &length, err);
    if (status != IG_OK || line == NULL) break;
    status = append_line(text, &capacity, line, length, input.name, err);
  }
  cli_input_close(&input);
  if (status != IG_OK) cli_text_free(text);
  return status;
}

void cli_text_free(cli_text *text) {
  for (size_t i = 0; i < text->count; i++) free(text->lines[i]);
  free(text->lines);
  *text = (cli_text){0};
}
