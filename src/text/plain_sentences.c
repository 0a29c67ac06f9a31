// Places where a sentence may end, by marks and case alone: see plain_sentences.h.
#include "text/plain_sentences.h"

#include "text/sentence_marks.h"
#include "text/utf8.h"

// What follows a mark: the marks that stand together, closing quotes and brackets, white space.
typedef struct mark_run {
  uint32_t last;  // the last mark
  bool stops;     // all marks are full stops or ellipses
  size_t end;     // after the closing quotes
  size_t next;    // after the white space
} mark_run;

static size_t skip_spaces(const char *text, size_t length, size_t i) {
  size_t step;
  while ((step = ig_utf8_space(text + i, length - i)) > 0) i += step;
  return i;
}

static mark_run read_marks(const char *text, size_t length, size_t i) {
  mark_run run = {.stops = true};
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
  run.end = i;
  run.next = skip_spaces(text, length, i);
  return run;
}

static bool is_place(const char *text, size_t length, const mark_run *run) {
  if (run->next == length) return true;
  if (run->next > run->end)
    return !run->stops || !ig_sentence_marks_goes_on(text + run->next, length - run->next);
  size_t step;
  return ig_sentence_marks_ends_alone(run->last) ||
         ig_sentence_marks_is_ideographic(ig_utf8_decode(text + run->end, &step));
}

size_t ig_plain_sentences_next(const char *text, size_t length, size_t from) {
  for (size_t i = from, step; i < length; i += step) {
    const uint32_t c = ig_utf8_decode(text + i, &step);
    if (ig_sentence_marks_breaks_line(c)) {
      const size_t next = skip_spaces(text, length, i);
      if (next > from) return next;
    }
    if (!ig_sentence_marks_ends(c)) continue;
    const mark_run run = read_marks(text, length, i);
    if (is_place(text, length, &run)) return run.next;
    step = run.end - i;
  }
  return length;
}
