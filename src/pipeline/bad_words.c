#include "pipeline/bad_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

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

static ig_status check_spelling(const ig_tokenizer *t, const char *line, ig_error *err) {
  const ig_side_text text = {IG_SIDE_TARGET, line, strlen(line), 0};
  ig_ids ids = {0};
  ig_encode_notes notes;
  const ig_status status = ig_tokenizer_encode_noted(t, &text, &ids, &notes, err);
  ig_ids_free(&ids);
  if (status != IG_OK || notes.unknown == 0) return status;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "the vocabulary lacks %s: without it something else would be forbidden",
                 notes.first_unknown);
}

static bool is_blank(const char *line) {
  size_t length = strlen(line);
  ig_utf8_strip(&line, &length);
  return length == 0;
}

// Ends the word whose ids were appended; `before`: ids before it.
static ig_status end_word(growing_words *g, size_t before, const char *line, ig_error *err) {
  for (size_t i = before; i < g->ids.count; i++)
    if (ig_decode_options_ends(g->reading->options, g->ids.ids[i]))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "it has the token %d, which ends a translation: that cannot be forbidden",
                     g->ids.ids[i]);
  if (g->ids.count > before) return ig_ids_append(&g->offsets, (int)g->ids.count, err);
  if (is_blank(line)) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "the tokenizer makes no token of '%.100s'", line);
}

// Appends the ids of a text, without those that the tokenizer puts round any text.
static ig_status append_spelling(growing_words *g, const char *text, ig_error *err) {
  const ig_tokenizer *t = g->reading->tokenizer;
  ig_ids round = {0}, all = {0};
  size_t first = 0;
  ig_status status = ig_tokenizer_encode_target(t, "", 0, &round, err);
  if (status == IG_OK) status = ig_tokenizer_encode_target(t, text, strlen(text), &all, err);
  while (first < round.count && first < all.count && round.ids[first] == all.ids[first]) first++;
  // What follows the text is the rest of them.
  for (size_t i = first; i + round.count < all.count + first && status == IG_OK; i++)
    status = ig_ids_append(&g->ids, all.ids[i], err);
  ig_ids_free(&round);
  ig_ids_free(&all);
  return status;
}

static ig_status add_text(growing_words *g, const char *line, ig_error *err) {
  const ig_tokenizer_kind kind = ig_tokenizer_kind_of(g->reading->tokenizer);
  const size_t length = strlen(line), before = g->ids.count;
  IG_TRY(check_spelling(g->reading->tokenizer, line, err));
  IG_TRY(append_spelling(g, line, err));
  IG_TRY(end_word(g, before, line, err));
  if (is_blank(line) || (kind != IG_TOKENIZER_BYTE_LEVEL && kind != IG_TOKENIZER_STEPS))
    return IG_OK;
  char *spaced = ig_allocate(length + 2, 1, err);
  if (!spaced) return IG_ERROR_MEMORY;
  spaced[0] = ' ';
  memcpy(spaced + 1, line, length + 1);
  const size_t second = g->ids.count, first_size = second - before;
  ig_status status = append_spelling(g, spaced, err);
  const bool same = g->ids.count - second == first_size &&
                    memcmp(g->ids.ids + before, g->ids.ids + second, first_size * sizeof(int)) == 0;
  if (same) g->ids.count = second;
  if (status == IG_OK && !same) status = end_word(g, second, line, err);
  free(spaced);
  return status;
}

static ig_status add_line(growing_words *g, const char *line, ig_error *err) {
  const size_t before = g->ids.count;
  if (g->reading->tokenizer) return add_text(g, line, err);
  IG_TRY(parse_ids(line, g->reading->options->vocab_size, &g->ids, err));
  return end_word(g, before, line, err);
}

static ig_status read_words(growing_words *g, ig_lines *lines, ig_error *err) {
  for (;;) {
    const char *line;
    size_t length;
    IG_TRY(ig_lines_next(lines, &line, &length, err));
    if (!line) return IG_OK;
    const ig_status status = add_line(g, line, err);
    if (status != IG_OK)
      return ig_fail_in(err, status, "%s: line %zu", g->reading->path, ig_lines_number(lines));
  }
}

static ig_status take_known(growing_words *g, ig_error *err) {
  const ig_bad_words *known = &g->reading->options->bad_words;
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
