// Lines of a byte source: one buffer, which grows to the longest line.
#include "io/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/text_repair.h"
#include "io/byte_source.h"
#include "io/text_start.h"

#define FIRST_BUFFER ((size_t)1 << 16)
#define MOST_WAITS 20  // of ig_lines_ready, of a millisecond each

struct ig_lines {
  ig_byte_source *source;
  char *name;   // for messages
  char *where;  // "NAME:", before the number of a line
  ig_lines_options options;
  ig_text_repair repair;
  size_t number;
  // [begin, end) was read and has not been given out; [begin, scanned) has no newline.
  char *buffer;
  size_t begin, scanned, end, capacity;
  bool begun;        // the start of the text was looked at
  bool ended;        // nothing comes after the buffer
  bool over;         // the end was given out
  ig_error failure;  // why not, if its status is not IG_OK; complete, with name and line
  int waits;         // of ig_lines_ready
};

static ig_status name_lines(ig_lines *l, const char *path, ig_error *err) {
  const char *name = path ? path : "standard input";
  const size_t length = strlen(name);
  l->name = ig_allocate_copy(name, length, err);
  l->where = ig_allocate(length + 2, 1, err);
  if (!l->name || !l->where) return IG_ERROR_MEMORY;
  memcpy(l->where, name, length);
  l->where[length] = ':';
  l->repair = (ig_text_repair){.where = l->where, .reporter = &l->options.reporter};
  return IG_OK;
}

ig_status ig_lines_open(const char *path, const ig_lines_options *options, ig_lines **out,
                        ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  ig_lines *l = ig_allocate(1, sizeof *l, err);
  if (!l) return IG_ERROR_MEMORY;
  if (options) l->options = *options;
  ig_status status = name_lines(l, path, err);
  if (status == IG_OK) status = ig_byte_source_open(path, l->options.interrupter, &l->source, err);
  if (status != IG_OK)
    ig_lines_close(l);
  else
    *out = l;
  return status;
}

void ig_lines_close(ig_lines *l) {
  if (!l) return;
  ig_byte_source_close(l->source);
  ig_text_repair_free(&l->repair);
  free(l->buffer);
  free(l->name);
  free(l->where);
  free(l);
}

// Does the buffer hold a whole line, up to `scanned`?
static bool has_line(ig_lines *l) {
  const char *newline =
      l->scanned < l->end ? memchr(l->buffer + l->scanned, '\n', l->end - l->scanned) : NULL;
  l->scanned = newline ? (size_t)(newline - l->buffer) : l->end;
  return newline != NULL;
}

// Makes room for more bytes and for a NUL after them. What is left of the last line moves to the
// front.
static ig_status grow_buffer(ig_lines *l, ig_error *err) {
  if (l->begin > 0) {
    memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
    l->end -= l->begin;
    l->scanned -= l->begin;
    l->begin = 0;
  }
  if (l->end > IG_LINES_MOST_BYTES)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "line %zu has more than %zu MB, the most that a line may have", l->number + 1,
                   IG_LINES_MOST_BYTES >> 20);
  if (l->end + 1 < l->capacity) return IG_OK;
  return ig_allocate_more((void **)&l->buffer, &l->capacity,
                          l->capacity > 0 ? l->capacity + 1 : FIRST_BUFFER, 1, err);
}

// Looks at the start of the text as soon as enough of it has been read. Of text in another encoding
// no line is given.
static ig_status begin_text(ig_lines *l, ig_error *err) {
  if (!l->ended && ig_text_start_open(l->buffer, l->end)) return IG_OK;
  l->begun = true;
  const ig_status status = ig_text_start_check(l->buffer, l->end, &l->begin, err);
  if (status != IG_OK) l->end = l->begin = 0;
  l->scanned = l->begin;
  return status;
}

static ig_status read_bytes(ig_lines *l, ig_error *err) {
  IG_TRY(grow_buffer(l, err));
  size_t got;
  const ig_status status =
      ig_byte_source_read(l->source, l->buffer + l->end, l->capacity - l->end - 1, &got, err);
  // The buffer has no whole line now, so that what it has is of the next one.
  if (status != IG_OK) return ig_fail_in(err, status, "line %zu", l->number + 1);
  l->end += got;
  l->ended = got == 0;
  return l->begun ? IG_OK : begin_text(l, err);
}

static void read_more(ig_lines *l) {
  const ig_status status = read_bytes(l, &l->failure);
  if (status == IG_OK) return;
  l->ended = true;
  ig_fail_in(&l->failure, status, "%s", l->name);
}

bool ig_lines_ready(ig_lines *l) {
  if (!l) return true;
  while (!has_line(l) && !l->ended) {
    // A pipe that is empty may belong to a writer as fast as this reader, who needs a moment to
    // fill it again. It gets a few such moments for each time that we give up, so that one who
    // writes slowly but steadily does not keep others waiting.
    if (!ig_byte_source_ready(l->source, 0) &&
        (++l->waits > MOST_WAITS || !ig_byte_source_ready(l->source, 1))) {
      l->waits = 0;
      return false;
    }
    read_more(l);
  }
  return true;
}

// What the options say of bytes that are no text.
static ig_status treat_bad_bytes(ig_lines *l, const char **line, size_t *length, ig_error *err) {
  if (l->options.bad_bytes == IG_BAD_BYTES_REPAIR)
    return ig_text_repair_line(&l->repair, l->number, line, length, err);
  if (l->options.bad_bytes == IG_BAD_BYTES_KEEP) return IG_OK;
  const ig_status status = ig_text_repair_refuse(*line, *length, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s%zu", l->where, l->number);
}

// There is no further whole line: the last one may lack its newline, or it was cut by a failure.
static ig_status end_lines(ig_lines *l, bool *another, ig_error *err) {
  *another = false;
  if (l->failure.status != IG_OK) {
    if (err) *err = l->failure;
    return l->failure.status;
  }
  *another = l->begin < l->end;
  if (*another || l->over) return IG_OK;
  l->over = true;
  ig_text_repair_end(&l->repair);
  return IG_OK;
}

ig_status ig_lines_next(ig_lines *l, const char **line, size_t *length, ig_error *err) {
  IG_TRY(ig_fail_if_null(line, "line", err));
  IG_TRY(ig_fail_if_null(length, "length", err));
  *line = NULL;
  *length = 0;
  IG_TRY(ig_fail_if_null(l, "lines", err));
  bool whole = has_line(l), another = true;
  while (!whole && !l->ended) {
    read_more(l);
    whole = has_line(l);
  }
  if (!whole) IG_TRY(end_lines(l, &another, err));
  if (!another) return IG_OK;
  const char *found = l->buffer + l->begin;
  size_t found_length = l->scanned - l->begin;
  if (found_length > 0 && found[found_length - 1] == '\r') found_length--;
  l->buffer[l->begin + found_length] = '\0';
  if (whole) l->scanned++;
  l->begin = l->scanned;
  l->number++;
  IG_TRY(treat_bad_bytes(l, &found, &found_length, err));
  *line = found;
  *length = found_length;
  return IG_OK;
}

size_t ig_lines_number(const ig_lines *l) { return l ? l->number : 0; }
size_t ig_lines_repaired(const ig_lines *l) { return l ? l->repair.lines : 0; }
