// Where a sentence is best divided: see clauses.h.
#include "text/clauses.h"

#include <utf8proc.h>

#include "text/sentence_marks.h"
#include "text/utf8.h"

static bool ends_clause(uint32_t c) {
  static const uint16_t marks[] = {',',    ';',    ':',    0xFF0C, 0xFF1B, 0xFF1A, 0x3001,
                                   0xFE50, 0xFE54, 0xFE55, 0x060C, 0x061B, 0x2013, 0x2014};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (marks[i] == c) return true;
  return c != '.' && ig_sentence_marks_ends(c);
}

static bool is_accent(uint32_t c) {
  const utf8proc_category_t category = utf8proc_category((int32_t)c);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME ||
         category == UTF8PROC_CATEGORY_MC || c == 0x200D;
}

static bool is_wide(uint32_t c) { return c >= 0x80 && ig_sentence_marks_is_ideographic(c); }

// The places seen so far at which the text may be divided.
typedef struct clause_search {
  size_t mark, space, character;  // after the last of each; 0: none
  bool after_mark, after_wide_mark;
} clause_search;

// Takes in the character c at byte i: a place is before it.
static void see_character(clause_search *s, uint32_t c, size_t i, bool space) {
  if (i > 0 && !is_accent(c)) s->character = i;
  if (i > 0 && space) s->space = i;
  if (s->after_wide_mark || (s->after_mark && space)) s->mark = i;
  const bool closes = ig_sentence_marks_closes(c);
  s->after_mark = ends_clause(c) || (s->after_mark && closes);
  s->after_wide_mark = s->after_mark && (is_wide(c) || (s->after_wide_mark && closes));
}

ig_clause ig_clauses_first(const char *text, size_t length, size_t most) {
  clause_search s = {0};
  size_t step;
  for (size_t i = 0; i < length && i <= most; i += step) {
    const uint32_t c = ig_utf8_decode(text + i, &step);
    see_character(&s, c, i, ig_utf8_space(text + i, length - i) > 0);
  }
  ig_clause clause = {.end = s.mark > most / 3 ? s.mark : s.space ? s.space : s.character};
  if (clause.end == 0) {
    ig_utf8_decode(text, &step);
    clause.end = step;
  }
  clause.next = clause.end;
  while (clause.next < length && (step = ig_utf8_space(text + clause.next, length - clause.next)))
    clause.next += step;
  while (clause.end > 0) {
    const size_t before = ig_utf8_before(text, clause.end);
    if (ig_utf8_space(text + before, clause.end - before) == 0) break;
    clause.end = before;
  }
  return clause;
}
