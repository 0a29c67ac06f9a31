// zlib reads plain and gzip-compressed files, and tells the two apart by itself.
#include "io/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/allocate.h"
#include "base/fail.h"

#define CHUNK 65536

struct ig_lines {
  gzFile file;
  char *path;
  char *chunk;  // CHUNK bytes read ahead
  size_t begin, end;
  char *line;
  size_t capacity;
  size_t number;
};

static ig_status open_gzip(ig_lines *lines, ig_error *err) {
  int descriptor = open(lines->path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ig_fail(err, IG_ERROR_IO, "%s: %s", lines->path, strerror(errno));
  lines->file = gzdopen(descriptor, "rb");
  if (lines->file) return IG_OK;
  close(descriptor);
  return ig_fail(err, IG_ERROR_MEMORY, "%s: zlib could not start", lines->path);
}

ig_status ig_lines_open(const char *path, ig_lines **out, ig_error *err) {
  *out = NULL;
  ig_lines *lines = ig_allocate(1, sizeof *lines, err);
  if (!lines) return IG_ERROR_MEMORY;
  lines->path = ig_allocate_copy(path, strlen(path), err);
  lines->chunk = lines->path ? ig_allocate(CHUNK, 1, err) : NULL;
  ig_status status = lines->chunk ? open_gzip(lines, err) : IG_ERROR_MEMORY;
  if (status != IG_OK)
    ig_lines_close(lines);
  else
    *out = lines;
  return status;
}

void ig_lines_close(ig_lines *lines) {
  if (!lines) return;
  if (lines->file) gzclose(lines->file);
  free(lines->path);
  free(lines->chunk);
  free(lines->line);
  free(lines);
}

// zlib begins its messages with "<fd:3>: ", which means nothing to a user.
static const char *without_descriptor(const char *why) {
  const char *end = strncmp(why, "<fd:", 4) == 0 ? strstr(why, ">: ") : NULL;
  return end ? end + 3 : why;
}

// Fills the chunk. If begin == end afterwards, the file has ended.
static ig_status fill_chunk(ig_lines *lines, ig_error *err) {
  int got = gzread(lines->file, lines->chunk, CHUNK);
  int code = Z_OK;
  const char *why = gzerror(lines->file, &code);
  // A truncated stream gives its last bytes first, and Z_BUF_ERROR with them or after them.
  if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
    return ig_fail(err, code == Z_ERRNO ? IG_ERROR_IO : IG_ERROR_FORMAT, "%s: line %zu: %s",
                   lines->path, lines->number + 1,
                   code == Z_ERRNO ? strerror(errno) : without_descriptor(why));
  lines->begin = 0;
  lines->end = (size_t)got;
  return IG_OK;
}

static ig_status append_to_line(ig_lines *lines, size_t length, const char *bytes, size_t count,
                                ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&lines->line, &lines->capacity, length + count + 1, 1, err));
  memcpy(lines->line + length, bytes, count);
  return IG_OK;
}

ig_status ig_lines_next(ig_lines *lines, const char **line, size_t *length, ig_error *err) {
  *line = NULL;
  *length = 0;
  size_t used = 0;
  bool any = false;
  for (;;) {
    if (lines->begin == lines->end) IG_TRY(fill_chunk(lines, err));
    if (lines->begin == lines->end) break;
    any = true;
    const char *from = lines->chunk + lines->begin;
    const char *newline = memchr(from, '\n', lines->end - lines->begin);
    size_t count = newline ? (size_t)(newline - from) : lines->end - lines->begin;
    IG_TRY(append_to_line(lines, used, from, count, err));
    used += count;
    lines->begin += count + (newline ? 1 : 0);
    if (newline) break;
  }
  if (!any) return IG_OK;
  if (used > 0 && lines->line[used - 1] == '\r') --used;
  lines->line[used] = '\0';
  ++lines->number;
  *line = lines->line;
  *length = used;
  return IG_OK;
}

size_t ig_lines_number(const ig_lines *lines) { return lines->number; }
