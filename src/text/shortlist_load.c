#include "text/shortlist_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "base/path.h"
#include "base/report.h"
#include "io/lines.h"
#include "io/shortlist_file.h"
#include "text/shortlist_record.h"
#include "text/vocabulary.h"

static const char empty_word[] = "NULL";

// ---- text ---------------------------------------------------------------------

typedef struct table_reading {
  const ig_shortlist_loading *how;
  const char *path;
  ig_lines *lines;
  ig_vocabulary vocabulary[2];  // by ig_side; the second is empty where the sides share one
  ig_shortlist_entry *entries;
  size_t count, capacity;
  size_t words;  // of all lines that count
  // Lines with a piece that its vocabulary lacks; the first of them.
  size_t unknown, unknown_line;
} table_reading;

// A part of a line.
typedef struct field {
  const char *text;
  size_t length;
} field;

static bool is_space(char c) { return c == ' ' || c == '\t'; }

// Cuts a line where it has white space; returns how many parts it has, of which `most` are put out.
static int cut_line(const char *line, size_t length, field *out, int most) {
  int count = 0;
  for (size_t i = 0; i < length;) {
    while (i < length && is_space(line[i])) i++;
    const size_t begin = i;
    while (i < length && !is_space(line[i])) i++;
    if (i > begin && count++ < most) out[count - 1] = (field){line + begin, i - begin};
  }
  return count;
}

static bool is_empty_word(const field *f) {
  return f->length == sizeof empty_word - 1 && memcmp(f->text, empty_word, f->length) == 0;
}

static ig_status list_pieces(table_reading *r, ig_side side, ig_error *err) {
  const ig_tokenizer *tokenizer = r->how->tokenizer;
  ig_vocabulary *v = &r->vocabulary[side];
  const int size = side == IG_SIDE_SOURCE ? ig_tokenizer_source_size(tokenizer)
                                          : ig_tokenizer_target_size(tokenizer);
  for (int id = 0; id < size; id++) {
    const char *piece = ig_tokenizer_piece(tokenizer, side, id);
    if (piece && ig_vocabulary_find(v, piece, strlen(piece)) < 0)
      IG_TRY(ig_vocabulary_add(v, piece, strlen(piece), id, err));
  }
  return IG_OK;
}

// Of a field as a message shows it.
static size_t shown_length(const field *f) { return f->length < 100 ? f->length : 100; }

// The last field of a line ends with the line, which ends with a NUL, or with white space.
static bool read_probability(const field *f, float *out) {
  char text[64];
  double value;
  if (f->length >= sizeof text) return false;
  memcpy(text, f->text, f->length);
  text[f->length] = '\0';
  if (!ig_number_parse(text, &value) || !(value >= 0 && value <= 1)) return false;
  *out = (float)value;
  return true;
}

static ig_status take_line(table_reading *r, const char *line, size_t length, ig_error *err) {
  enum { TARGET, SOURCE, PROBABILITY, FIELDS };
  const size_t number = ig_lines_number(r->lines);
  field fields[FIELDS];
  float probability;
  const int count = cut_line(line, length, fields, FIELDS);
  if (count == 0) return IG_OK;
  if (count != FIELDS)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s:%zu: expected `TARGET SOURCE PROBABILITY`, found %d part%s", r->path, number,
                   count, count == 1 ? "" : "s");
  if (!read_probability(&fields[PROBABILITY], &probability))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s:%zu: expected a probability from 0 to 1 after target and source, found "
                   "'%.*s'",
                   r->path, number, (int)shown_length(&fields[PROBABILITY]),
                   fields[PROBABILITY].text);
  if (is_empty_word(&fields[TARGET]) || is_empty_word(&fields[SOURCE])) return IG_OK;
  const ig_vocabulary *targets =
      &r->vocabulary[ig_tokenizer_shared(r->how->tokenizer) ? IG_SIDE_SOURCE : IG_SIDE_TARGET];
  const ig_shortlist_entry entry = {
      .source = ig_vocabulary_find(&r->vocabulary[IG_SIDE_SOURCE], fields[SOURCE].text,
                                   fields[SOURCE].length),
      .target = ig_vocabulary_find(targets, fields[TARGET].text, fields[TARGET].length),
      .probability = probability};
  r->words++;
  if (entry.source < 0 || entry.source >= r->how->source_size || entry.target < 0 ||
      entry.target >= r->how->target_size) {
    if (r->unknown++ == 0) r->unknown_line = number;
    return IG_OK;
  }
  IG_TRY(
      ig_allocate_more((void **)&r->entries, &r->capacity, r->count + 1, sizeof *r->entries, err));
  r->entries[r->count++] = entry;
  return IG_OK;
}

static ig_status read_lines(table_reading *r, ig_error *err) {
  const ig_lines_options options = {.bad_bytes = IG_BAD_BYTES_REFUSE};
  const char *line;
  size_t length;
  IG_TRY(list_pieces(r, IG_SIDE_SOURCE, err));
  if (!ig_tokenizer_shared(r->how->tokenizer)) IG_TRY(list_pieces(r, IG_SIDE_TARGET, err));
  IG_TRY(ig_lines_open(r->path, &options, &r->lines, err));
  for (;;) {
    IG_TRY(ig_lines_next(r->lines, &line, &length, err));
    if (!line) return IG_OK;
    IG_TRY(take_line(r, line, length, err));
  }
}

static ig_status check_lines(const table_reading *r, ig_error *err) {
  if (r->words == 0)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: expected a shortlist: lines of `TARGET SOURCE PROBABILITY`, or the binary "
                   "form; found no line",
                   r->path);
  if (r->count == 0)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: no line has pieces of the model's vocabulary: it was made for another "
                   "model, or has source before target",
                   r->path);
  if (r->unknown > 0 && r->how->reporter)
    ig_report(r->how->reporter, IG_LEVEL_WARNING,
              "%s: %zu of %zu lines have a piece that the vocabulary lacks, the first of them line "
              "%zu: left out",
              r->path, r->unknown, r->words, r->unknown_line);
  return IG_OK;
}

static ig_status make_shortlist(table_reading *r, ig_shortlist **out, ig_error *err) {
  IG_TRY(read_lines(r, err));
  IG_TRY(check_lines(r, err));
  const ig_shortlist_plan plan = {.first = r->how->first,
                                  .best = r->how->best,
                                  .words = (size_t)r->how->source_size,
                                  .entries = r->entries,
                                  .count = r->count};
  return ig_shortlist_make(&plan, out, err);
}

static ig_status load_text(const char *path, const ig_shortlist_loading *how, ig_shortlist **out,
                           ig_error *err) {
  if (!how->tokenizer)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: no shortlist in the binary form; one in text needs the model's tokenizer, "
                   "which is not read where ids come in and go out",
                   path);
  table_reading r = {.how = how, .path = path};
  const ig_status status = make_shortlist(&r, out, err);
  ig_lines_close(r.lines);
  ig_vocabulary_free(&r.vocabulary[IG_SIDE_SOURCE]);
  ig_vocabulary_free(&r.vocabulary[IG_SIDE_TARGET]);
  free(r.entries);
  return status;
}

// ---- either form ----------------------------------------------------------------

static ig_status load_file(const char *path, const ig_shortlist_loading *how, ig_shortlist **out,
                           ig_error *err) {
  bool binary;
  IG_TRY(ig_shortlist_file_is(path, &binary, err));
  ig_status status =
      binary ? ig_shortlist_file_read(path, out, err) : load_text(path, how, out, err);
  if (status == IG_OK)
    status = ig_shortlist_check(*out, path, how->source_size, how->target_size, err);
  if (status == IG_OK && how->tokenizer)
    status = ig_shortlist_record_check(path, how->tokenizer, err);
  if (status == IG_OK) return IG_OK;
  ig_shortlist_free(*out);
  *out = NULL;
  return status;
}

ig_status ig_shortlist_load(const char *path, const ig_shortlist_loading *how, ig_shortlist **out,
                            ig_error *err) {
  *out = NULL;
  const bool is_directory = ig_file_exists_in(path, ".");
  if (!is_directory) return load_file(path, how, out, err);
  char *inside = ig_path_join(path, IG_SHORTLIST_NAME, err);
  if (!inside) return IG_ERROR_MEMORY;
  const ig_status status = load_file(inside, how, out, err);
  free(inside);
  return status;
}
