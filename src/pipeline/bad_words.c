#include "pipeline/bad_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

// The words so far, in growing lists.
typedef struct growing_words {
  const ig_bad_words_reading *reading;
  ig_ids ids, offsets;
} growing_words;

static ig_status parse_ids(const char *line, int vocab_size, ig_ids *ids, ig_error *err) {
  for (const char *p = line + strspn(line, " \t"); *p; p += strspn(p, " \t")) {
    char *end;
    const long id = strtol(p, &end, 10);
    if (end == p || (*end && !strchr(" \t", *end)) || id < 0 || id >= vocab_size)
      return ig_fail(err, IG_ERROR_FORMAT, "expected token ids from 0 to %d, found '%.40s'",
                     vocab_size - 1, p);
    IG_TRY(ig_ids_append(ids, (int)id, err));
    p = end;
  }
  return IG_OK;
}

// The ids of a text, without the special tokens round it.
static ig_status encode_line(const ig_tokenizer *t, const char *line, size_t length, ig_ids *ids,
                             ig_error *err) {
  ig_ids all = {0};
  ig_status status = ig_tokenizer_encode_target(t, line, length, &all, err);
  for (size_t i = 0; i < all.count && status == IG_OK; i++)
    if (!ig_tokenizer_is_special(t, IG_SIDE_TARGET, all.ids[i]))
      status = ig_ids_append(ids, all.ids[i], err);
  ig_ids_free(&all);
  return status;
}

ig_status ig_bad_words_read_line(const ig_tokenizer *tokenizer, int vocab_size, const char *line,
                                 ig_ids *ids, ig_error *err) {
  return tokenizer ? encode_line(tokenizer, line, strlen(line), ids, err)
                   : parse_ids(line, vocab_size, ids, err);
}

static ig_status read_words(growing_words *g, ig_lines *lines, ig_error *err) {
  const ig_bad_words_reading *r = g->reading;
  for (;;) {
    const char *line;
    size_t length;
    const size_t before = g->ids.count;
    IG_TRY(ig_lines_next(lines, &line, &length, err));
    if (!line) return IG_OK;
    const ig_status status =
        ig_bad_words_read_line(r->tokenizer, r->vocab_size, line, &g->ids, err);
    if (status != IG_OK)
      return ig_fail_in(err, status, "%s: line %zu", r->path, ig_lines_number(lines));
    if (g->ids.count > before) IG_TRY(ig_ids_append(&g->offsets, (int)g->ids.count, err));
  }
}

static ig_status take_known(growing_words *g, ig_error *err) {
  const ig_bad_words *known = g->reading->known;
  IG_TRY(ig_ids_append(&g->offsets, 0, err));
  for (int i = 0; i < known->count; i++) {
    for (int j = known->offsets[i]; j < known->offsets[i + 1]; j++)
      IG_TRY(ig_ids_append(&g->ids, known->ids[j], err));
    IG_TRY(ig_ids_append(&g->offsets, (int)g->ids.count, err));
  }
  return IG_OK;
}

ig_status ig_bad_words_read(const ig_bad_words_reading *reading, ig_bad_words *out, ig_error *err) {
  const ig_lines_options options = {.bad_bytes = IG_BAD_BYTES_REFUSE};
  growing_words g = {.reading = reading};
  ig_lines *lines;
  *out = (ig_bad_words){0};
  IG_TRY(ig_lines_open(reading->path, &options, &lines, err));
  ig_status status = take_known(&g, err);
  if (status == IG_OK) status = read_words(&g, lines, err);
  ig_lines_close(lines);
  if (status == IG_OK) {
    *out = (ig_bad_words){
        .count = (int)g.offsets.count - 1, .offsets = g.offsets.ids, .ids = g.ids.ids};
    return IG_OK;
  }
  ig_ids_free(&g.ids);
  ig_ids_free(&g.offsets);
  return status;
}
