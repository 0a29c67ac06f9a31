// Places where a sentence may end, by marks and case alone: see plain_sentences.h.
#include "text/plain_sentences.h"

#include "text/sentence_marks.h"
#include "text/utf8.h"

// What follows a mark: the marks that stand together, closing quotes and brackets, references to
// footnotes, white space.
typedef struct mark_run {
  uint32_t last;  // the last mark
  bool stops;     // all marks are full stops or ellipses
  bool apart;     // white space is before them: words and marks are apart, as tokenizers leave them
  size_t end;     // after the closing quotes and references
  size_t next;    // after the white space
} mark_run;

static size_t skip_spaces(const char *text, size_t length, size_t i) {
  size_t step;
  while ((step = ig_utf8_space(text + i, length - i)) > 0) i += step;
  return i;
}

static mark_run read_marks(const char *text, size_t length, size_t i) {
  mark_run run = {.stops = true, .apart = i > 0 && ig_utf8_space(text + i - 1, 1) > 0};
  size_t step;
  for (; i < length; i += step) {
    const uint32_t c = ig_utf8_decode(text + i, &step);
    if (!ig_sentence_marks_ends(c)) break;
    run.last = c;
    run.stops = run.stops && (c == '.' || c == 0x2024 || c == 0x2026);
  }
  for (; i < length; i += step) {
    const uint32_t c = ig_utf8_decode(text + i, &step);
    if (!ig_sentence_marks_closes(c)) break;
  }
  while ((step = ig_sentence_marks_reference(text + i, length - i)) > 0) i += step;
  run.end = i;
  run.next = skip_spaces(text, length, i);
  return run;
}

static bool is_place(const char *text, size_t length, const mark_run *run, bool lower) {
  if (run->next == length) return true;
  if (run->next > run->end)
    return !run->stops || (lower && !run->apart) ||
           !ig_sentence_marks_goes_on(text + run->next, length - run->next);
  size_t step;
  return ig_sentence_marks_ends_alone(run->last) ||
         ig_sentence_marks_is_ideographic(ig_utf8_decode(text + run->end, &step));
}

size_t ig_plain_sentences_next(const char *text, size_t length, size_t from, bool lower) {
  for (size_t i = from, step; i < length; i += step) {
    const uint32_t c = ig_utf8_decode(text + i, &step);
    if (ig_sentence_marks_breaks_line(c)) {
      const size_t next = skip_spaces(text, length, i);
      if (next > from) return next;
    }
    if (!ig_sentence_marks_ends(c)) continue;
    const mark_run run = read_marks(text, length, i);
    if (is_place(text, length, &run, lower)) return run.next;
    step = run.end - i;
  }
  return length;
}
