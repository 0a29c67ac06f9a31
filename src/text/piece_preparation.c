#include "text/piece_preparation.h"

#include <string.h>

#include "base/fail.h"
#include "text/byte_words.h"
#include "text/utf8.h"

// U+2581, a space in the pieces of SentencePiece.
static const char mark[] = "\xE2\x96\x81";
enum { MARK_LENGTH = sizeof mark - 1 };

static bool is_mark(const char *text, size_t length) {
  return length >= MARK_LENGTH && memcmp(text, mark, MARK_LENGTH) == 0;
}

// Two or more spaces become one, with the source of the last.
static void join_spaces(ig_mapped_text *t) {
  size_t to = 0;
  for (size_t i = 0; i < t->length; i++) {
    if (t->bytes[i] == ' ' && to > 0 && t->bytes[to - 1] == ' ') to--;
    t->bytes[to] = t->bytes[i];
    t->sources[to++] = t->sources[i];
  }
  t->length = to;
}

static void replace_lines(ig_mapped_text *t) {
  for (size_t i = 0; i < t->length; i++)
    if (t->bytes[i] == '\n') t->bytes[i] = ' ';
}

// A word begins at each mark.
static ig_status cut_at_marks(const ig_piece_preparer *p, const ig_mapped_text *t, ig_error *err) {
  size_t begin = 0;
  for (size_t i = 1; i <= t->length; i++) {
    if (i < t->length && !is_mark(t->bytes + i, t->length - i)) continue;
    IG_TRY(p->word(p->context, t->bytes + begin, t->sources + begin, i - begin, err));
    begin = i;
  }
  return IG_OK;
}

// Spaces become marks, and a mark comes first: pre_tokenizers/metaspace.rs with prepend_scheme
// always. The mark has the source of the first character.
static ig_status cut_stretch(const ig_piece_preparer *p, const ig_mapped_text *from, size_t begin,
                             size_t end, ig_mapped_text *marked, ig_error *err) {
  const char *text = from->bytes + begin;
  marked->length = 0;
  if (*text != ' ' && !is_mark(text, end - begin))
    IG_TRY(ig_mapped_text_append(marked, mark, MARK_LENGTH, from->sources[begin], err));
  for (size_t i = begin; i < end; i++) {
    const bool space = from->bytes[i] == ' ';
    IG_TRY(ig_mapped_text_append(marked, space ? mark : from->bytes + i, space ? MARK_LENGTH : 1,
                                 from->sources[i], err));
  }
  return cut_at_marks(p, marked, err);
}

static ig_status cut_at_white(const ig_piece_preparer *p, const ig_mapped_text *t,
                              ig_mapped_text *marked, ig_error *err) {
  size_t begin = 0, step;
  for (size_t i = 0; i < t->length; i += step) {
    if (!ig_byte_words_is_space(ig_utf8_decode(t->bytes + i, &step))) continue;
    if (i > begin) IG_TRY(cut_stretch(p, t, begin, i, marked, err));
    begin = i + step;
  }
  return begin < t->length ? cut_stretch(p, t, begin, t->length, marked, err) : IG_OK;
}

ig_status ig_piece_preparation_normalize(const ig_piece_preparation *how,
                                         const ig_charsmap *charsmap, ig_mapped_text *text,
                                         ig_error *err) {
  const bool has_table = charsmap->unit_count > 0;
  if (how->normalizes && has_table) {
    ig_mapped_text normal = {0};
    const ig_status status = ig_charsmap_apply(charsmap, text, &normal, err);
    ig_mapped_text_free(text);
    *text = normal;
    if (status != IG_OK) return status;
  }
  if (how->replaces_lines && !has_table) replace_lines(text);
  if (how->joins_spaces && (has_table || !how->joins_by_table)) join_spaces(text);
  return IG_OK;
}

ig_status ig_piece_preparation_cut(const ig_piece_preparer *p, const ig_mapped_text *text,
                                   ig_error *err) {
  ig_mapped_text marked = {0};
  ig_status status = IG_OK;
  if (p->how->splits_at_white)
    status = cut_at_white(p, text, &marked, err);
  else if (text->length > 0)
    status = cut_stretch(p, text, 0, text->length, &marked, err);
  ig_mapped_text_free(&marked);
  return status;
}
