// Vocabularies of one token a line.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/writer.h"
#include "text/byte_words.h"
#include "text/utf8.h"
#include "text/vocabulary.h"

static size_t count_lines(const char *text, size_t size) {
  size_t count = size > 0 && text[size - 1] != '\n';
  for (size_t i = 0; i < size; i++) count += text[i] == '\n';
  return count;
}

static size_t trimmed_length(const char *line, size_t length) {
  while (length > 0) {
    size_t step;
    const size_t last = ig_utf8_before(line, length);
    if (!ig_byte_words_is_space(ig_utf8_decode(line + last, &step))) break;
    length = last;
  }
  return length;
}

// From the last line to the first, so that of equal ones the last is there already.
static ig_status add_lines(ig_vocabulary *v, const char *text, size_t size, ig_error *err) {
  size_t end = size > 0 && text[size - 1] == '\n' ? size - 1 : size;
  for (size_t id = count_lines(text, size); id-- > 0;) {
    size_t begin = end;
    while (begin > 0 && text[begin - 1] != '\n') begin--;
    const size_t length = trimmed_length(text + begin, end - begin);
    if (ig_vocabulary_find(v, text + begin, length) < 0)
      IG_TRY(ig_vocabulary_add(v, text + begin, length, id < INT_MAX ? (int)id : INT_MAX, err));
    end = begin > 0 ? begin - 1 : 0;
  }
  return v->count > 0 ? IG_OK : ig_fail(err, IG_ERROR_FORMAT, "an empty vocabulary");
}

ig_status ig_vocabulary_load_lines(ig_vocabulary *v, const char *path, ig_error *err) {
  char *text;
  size_t size, offset;
  IG_TRY(ig_file_load(path, &text, &size, err));
  ig_status status = ig_utf8_valid(text, size, &offset)
                         ? add_lines(v, text, size, err)
                         : ig_fail(err, IG_ERROR_FORMAT, "byte %zu is not UTF-8", offset);
  free(text);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", path);
}

// An id without a token gets the last line's text, which that line takes from it again.
static ig_status write_lines(const ig_vocabulary *v, ig_writer *writer, ig_error *err) {
  for (int id = 0; id < v->size; id++) {
    const char *token = v->tokens[id] ? v->tokens[id] : v->tokens[v->size - 1];
    IG_TRY(ig_writer_write(writer, token, strlen(token), err));
    IG_TRY(ig_writer_write(writer, "\n", 1, err));
  }
  return IG_OK;
}

ig_status ig_vocabulary_save_lines(const ig_vocabulary *v, const char *path, ig_error *err) {
  ig_writer writer;
  IG_TRY(ig_writer_open(&writer, path, err));
  const ig_status status = write_lines(v, &writer, err);
  if (status == IG_OK) return ig_writer_commit(&writer, err);
  ig_writer_abandon(&writer);
  return status;
}
