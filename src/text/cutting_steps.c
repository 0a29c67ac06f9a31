// The pre-tokenizers of a tokenizer.json, applied.
#include "text/cutting_steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/byte_symbols.h"
#include "text/byte_words.h"
#include "text/character_ranges.h"
#include "text/utf8.h"
#include "text/word_normalization.h"

void ig_cutting_steps_free(ig_cutting_steps *steps) {
  for (size_t i = 0; i < steps->count; i++) ig_text_pattern_free(&steps->list[i].pattern);
  free(steps->list);
  *steps = (ig_cutting_steps){0};
}

void ig_cutting_steps_free_text(ig_cut_text *cut) {
  ig_mapped_text_free(&cut->text);
  free(cut->pieces);
  *cut = (ig_cut_text){0};
}

static ig_status add_piece(ig_cut_text *cut, size_t begin, size_t end, ig_error *err) {
  if (begin == end) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&cut->pieces, &cut->capacity, cut->count + 1,
                          sizeof *cut->pieces, err));
  cut->pieces[cut->count++] = (ig_cut_piece){begin, end};
  return IG_OK;
}

// ---- delimiters -------------------------------------------------------------

// A stretch of a piece, which a delimiter is or not.
typedef struct cut_stretch {
  size_t begin, end;
  bool delimits;
} cut_stretch;
typedef struct cut_stretches {
  cut_stretch *list;
  size_t count, capacity;
} cut_stretches;

// Neighbouring stretches that delimit nothing are one.
static ig_status add_stretch(cut_stretches *s, size_t begin, size_t end, bool delimits,
                             ig_error *err) {
  if (s->count > 0 && !delimits && !s->list[s->count - 1].delimits) {
    s->list[s->count - 1].end = end;
    return IG_OK;
  }
  IG_TRY(ig_allocate_more((void **)&s->list, &s->capacity, s->count + 1, sizeof *s->list, err));
  s->list[s->count++] = (cut_stretch){begin, end, delimits};
  return IG_OK;
}

typedef enum word_class { WORD_CLASS_SPACE, WORD_CLASS_WORD, WORD_CLASS_OTHER } word_class;

static word_class class_of(uint32_t code) {
  if (ig_character_ranges_hold(&ig_character_ranges_words, code)) return WORD_CLASS_WORD;
  return ig_byte_words_is_space(code) ? WORD_CLASS_SPACE : WORD_CLASS_OTHER;
}

// A run of characters of one class.
static size_t run_length(const char *text, size_t length) {
  size_t step, at;
  const word_class class = class_of(ig_utf8_decode(text, &at));
  while (at < length && class_of(ig_utf8_decode(text + at, &step)) == class) at += step;
  return at;
}

// The length of the stretch that begins the text, and whether it delimits.
static size_t next_stretch(const ig_cutting_step *step, const char *text, size_t length,
                           bool *delimits) {
  size_t size;
  const uint32_t code = ig_utf8_decode(text, &size);
  switch (step->kind) {
    case IG_CUTTING_METASPACE:
      *delimits = size == strlen(step->mark) && memcmp(text, step->mark, size) == 0;
      return size;
    case IG_CUTTING_WHITE: *delimits = ig_byte_words_is_space(code); return size;
    case IG_CUTTING_PUNCTUATION:
      *delimits = ig_character_ranges_hold(&ig_character_ranges_punctuation, code);
      return size;
    case IG_CUTTING_DIGITS:
      *delimits = ig_character_ranges_hold(&ig_character_ranges_digits, code);
      return size;
    case IG_CUTTING_BYTE_LEVEL: *delimits = true; return ig_byte_words_first(text, length);
    default: break;
  }
  const size_t found = ig_text_pattern_match(&step->pattern, text, length);
  *delimits = found > 0;
  return found ? found : size;
}

// A word of IG_CUTTING_WORDS is a match, and a run of white space is none.
static ig_status add_words(const char *text, size_t length, cut_stretches *out, ig_error *err) {
  for (size_t i = 0, size; i < length; i += size) {
    size_t step;
    size = run_length(text + i, length - i);
    const bool is_space = class_of(ig_utf8_decode(text + i, &step)) == WORD_CLASS_SPACE;
    IG_TRY(ig_allocate_more((void **)&out->list, &out->capacity, out->count + 1, sizeof *out->list,
                            err));
    out->list[out->count++] = (cut_stretch){i, i + size, is_space};
  }
  return IG_OK;
}

static ig_status find_stretches(const ig_cutting_step *step, const char *text, size_t length,
                                cut_stretches *out, ig_error *err) {
  out->count = 0;
  if (step->kind == IG_CUTTING_WORDS) return add_words(text, length, out, err);
  for (size_t i = 0, size; i < length; i += size) {
    bool delimits;
    size = next_stretch(step, text + i, length - i, &delimits);
    IG_TRY(add_stretch(out, i, i + size, delimits, err));
  }
  for (size_t i = 0; step->inverted && i < out->count; i++)
    out->list[i].delimits = !out->list[i].delimits;
  return IG_OK;
}

// Joins stretches in place, as the delimiters say (tokenizer/normalizer.rs, split).
static void join_stretches(ig_delimiter_kind kind, cut_stretches *s) {
  size_t kept = 0;
  bool before = false;
  for (size_t i = 0; i < s->count; i++) {
    const cut_stretch one = s->list[i];
    const bool last_delimits = i > 0 && before;
    before = one.delimits;
    if (kind == IG_DELIMITER_REMOVED && one.delimits) continue;
    const bool joins = (kind == IG_DELIMITER_CONTIGUOUS && one.delimits == last_delimits) ||
                       (kind == IG_DELIMITER_WITH_PREVIOUS && one.delimits && !last_delimits);
    if (kept > 0 && joins)
      s->list[kept - 1].end = one.end;
    else
      s->list[kept++] = one;
  }
  s->count = kept;
}

// From the end: a delimiter joins what comes after it, of several the last one alone.
static void join_with_next(cut_stretches *s) {
  size_t kept = s->count;
  bool after = false;
  for (size_t i = s->count; i-- > 0;) {
    const cut_stretch one = s->list[i];
    const bool joins = one.delimits && !after && kept < s->count;
    after = one.delimits;
    if (joins)
      s->list[kept].begin = one.begin;
    else
      s->list[--kept] = one;
  }
  s->count -= kept;
  memmove(s->list, s->list + kept, s->count * sizeof *s->list);
}

static ig_status cut_at_signs(const ig_mapped_text *text, ig_cut_piece piece, ig_cut_text *out,
                              ig_error *err) {
  size_t begin = piece.begin, step;
  for (size_t i = piece.begin; i < piece.end; i += step) {
    const uint32_t code = ig_utf8_decode(text->bytes + i, &step);
    const bool is_sign = ig_word_normalization_is_sign(code);
    if (!is_sign && !ig_byte_words_is_space(code)) continue;
    IG_TRY(add_piece(out, begin, i, err));
    if (is_sign) IG_TRY(add_piece(out, i, i + step, err));
    begin = i + step;
  }
  return add_piece(out, begin, piece.end, err);
}

static ig_status cut_piece(const ig_cutting_step *step, const ig_mapped_text *text,
                           ig_cut_piece piece, ig_cut_text *out, ig_error *err) {
  cut_stretches s = {0};
  if (step->kind == IG_CUTTING_SIGNS) return cut_at_signs(text, piece, out, err);
  ig_status status =
      find_stretches(step, text->bytes + piece.begin, piece.end - piece.begin, &s, err);
  if (step->delimiter == IG_DELIMITER_WITH_NEXT)
    join_with_next(&s);
  else
    join_stretches(step->delimiter, &s);
  for (size_t i = 0; status == IG_OK && i < s.count; i++)
    status = add_piece(out, piece.begin + s.list[i].begin, piece.begin + s.list[i].end, err);
  free(s.list);
  return status;
}

// ---- steps that change the text ---------------------------------------------

static bool is_at_start(const ig_mapped_text *text, ig_cut_piece piece, size_t begin) {
  const bool whole = piece.begin == 0 && piece.end == text->length;
  return (whole ? begin : text->sources[piece.begin].begin) == 0;
}

static ig_status mark_piece(const ig_cutting_step *step, const ig_mapped_text *from,
                            ig_cut_piece piece, bool at_start, ig_mapped_text *to, ig_error *err) {
  const size_t mark = strlen(step->mark);
  const char *text = from->bytes + piece.begin;
  const bool has_mark =
      *text == ' ' || (piece.end - piece.begin >= mark && memcmp(text, step->mark, mark) == 0);
  const bool wants =
      step->prefix == IG_PREFIX_ALWAYS || (step->prefix == IG_PREFIX_FIRST && at_start);
  if (wants && !has_mark)
    IG_TRY(ig_mapped_text_append(to, step->mark, mark, from->sources[piece.begin], err));
  for (size_t i = piece.begin; i < piece.end; i++)
    IG_TRY(from->bytes[i] == ' '
               ? ig_mapped_text_append(to, step->mark, mark, from->sources[i], err)
               : ig_mapped_text_append_slice(to, from, i, 1, err));
  return IG_OK;
}

static ig_status space_piece(const ig_cutting_step *step, const ig_mapped_text *from,
                             ig_cut_piece piece, ig_mapped_text *to, ig_error *err) {
  if (step->adds_space && from->bytes[piece.begin] != ' ')
    IG_TRY(ig_mapped_text_append(to, " ", 1, from->sources[piece.begin], err));
  return ig_mapped_text_append_slice(to, from, piece.begin, piece.end - piece.begin, err);
}

// The bytes of each piece as symbols.
static ig_status write_symbols(ig_cut_text *cut, ig_error *err) {
  ig_mapped_text to = {0};
  ig_status status = IG_OK;
  for (size_t k = 0; status == IG_OK && k < cut->count; k++) {
    const ig_cut_piece piece = cut->pieces[k];
    cut->pieces[k].begin = to.length;
    for (size_t i = piece.begin; status == IG_OK && i < piece.end; i++) {
      char symbol[IG_BYTE_SYMBOLS_MAX];
      const size_t length = ig_byte_symbols_write((unsigned char)cut->text.bytes[i], symbol);
      status = ig_mapped_text_append(&to, symbol, length, cut->text.sources[i], err);
    }
    cut->pieces[k].end = to.length;
  }
  ig_mapped_text_free(&cut->text);
  cut->text = to;
  return status;
}

static bool changes_text(const ig_cutting_step *step) {
  return step->kind == IG_CUTTING_METASPACE || step->kind == IG_CUTTING_BYTE_LEVEL;
}

// The pieces after the change, in a text of their own.
static ig_status change_pieces(const ig_cutting_step *step, ig_cut_text *cut, size_t begin,
                               ig_error *err) {
  ig_mapped_text to = {0};
  ig_status status = IG_OK;
  for (size_t k = 0; status == IG_OK && k < cut->count; k++) {
    const ig_cut_piece piece = cut->pieces[k];
    const size_t from = to.length;
    const bool at_start = is_at_start(&cut->text, piece, begin);
    status = step->kind == IG_CUTTING_METASPACE
                 ? mark_piece(step, &cut->text, piece, at_start, &to, err)
                 : space_piece(step, &cut->text, piece, &to, err);
    cut->pieces[k] = (ig_cut_piece){from, to.length};
  }
  ig_mapped_text_free(&cut->text);
  cut->text = to;
  return status;
}

static ig_status cut_pieces(const ig_cutting_step *step, ig_cut_text *cut, ig_error *err) {
  ig_cut_text out = {0};
  ig_status status = IG_OK;
  for (size_t k = 0; status == IG_OK && k < cut->count; k++)
    status = cut_piece(step, &cut->text, cut->pieces[k], &out, err);
  free(cut->pieces);
  cut->pieces = out.pieces;
  cut->count = out.count;
  cut->capacity = out.capacity;
  return status;
}

static ig_status apply_step(const ig_cutting_step *step, ig_cut_text *cut, size_t begin,
                            ig_error *err) {
  if (changes_text(step)) IG_TRY(change_pieces(step, cut, begin, err));
  if (!changes_text(step) || step->splits) IG_TRY(cut_pieces(step, cut, err));
  return step->kind == IG_CUTTING_BYTE_LEVEL ? write_symbols(cut, err) : IG_OK;
}

ig_status ig_cutting_steps_apply(const ig_cutting_steps *steps, const ig_mapped_text *text,
                                 size_t begin, ig_cut_text *cut, ig_error *err) {
  IG_TRY(ig_mapped_text_append_slice(&cut->text, text, 0, text->length, err));
  IG_TRY(add_piece(cut, 0, cut->text.length, err));
  for (size_t i = 0; i < steps->count; i++) IG_TRY(apply_step(&steps->list[i], cut, begin, err));
  return IG_OK;
}
