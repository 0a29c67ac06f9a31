#include "answer/passage.h"

#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "metric/character_class.h"
#include "text/utf8.h"

// The lines that the place is in.
static ig_source_range lines_around(const char *context, ig_source_range place) {
  ig_source_range lines = place;
  while (lines.begin > 0 && context[lines.begin - 1] != '\n') lines.begin--;
  while (context[lines.end] != '\0' && context[lines.end] != '\n') lines.end++;
  return lines;
}

static ig_source_range without_space(const char *context, ig_source_range range) {
  const char *text = context + range.begin;
  size_t length = range.end - range.begin;
  ig_utf8_strip(&text, &length);
  const size_t begin = (size_t)(text - context);
  return (ig_source_range){begin, begin + length};
}

ig_status ig_passage_find(ig_sentences *splitter, const char *context, ig_source_range place,
                          ig_source_range *out, ig_error *err) {
  const ig_source_range lines = lines_around(context, place);
  const char *text = context + lines.begin;
  const ig_source_range in_text = {place.begin - lines.begin, place.end - lines.begin};
  IG_TRY(ig_sentences_begin(splitter, text, lines.end - lines.begin, err));
  ig_source_range passage = in_text;
  ig_sentence_span span;
  do {
    span = ig_sentences_next(splitter);
    if (span.begin <= in_text.begin) passage.begin = span.begin;
    passage.end = span.end;
  } while (span.end < in_text.end && !span.last);
  if (passage.end < in_text.end) passage.end = in_text.end;
  *out = without_space(context,
                       (ig_source_range){lines.begin + passage.begin, lines.begin + passage.end});
  // An answer of tokens may itself begin or end with white space.
  if (out->begin > place.begin) out->begin = place.begin;
  if (out->end < place.end) out->end = place.end;
  return IG_OK;
}

static bool is_letter_or_digit(const char *at) {
  size_t step;
  return ig_character_class_is_word((int32_t)ig_utf8_decode(at, &step));
}

// Whether the stretch neither begins nor ends within a word.
static bool is_whole(const char *context, const char *found, size_t length) {
  const size_t begin = (size_t)(found - context);
  const bool inside_before = begin > 0 && is_letter_or_digit(found) &&
                             is_letter_or_digit(context + ig_utf8_before(context, begin));
  const char *last = context + ig_utf8_before(context, begin + length), *after = found + length;
  return !inside_before && !(*after && is_letter_or_digit(last) && is_letter_or_digit(after));
}

// The first time from `at` on that the text stands there by itself; NULL: never.
static const char *find_whole(const char *context, const char *at, const char *text) {
  const size_t length = strlen(text);
  while ((at = strstr(at, text)) && !is_whole(context, at, length)) at++;
  return at;
}

bool ig_passage_locate(const char *context, const char *text, ig_source_range window,
                       ig_source_range *out) {
  const char *in_window = context + window.begin;
  if (!*text) return false;
  const char *found = find_whole(context, in_window, text);
  if (!found) found = find_whole(context, context, text);
  if (!found) found = strstr(in_window, text);
  if (!found) found = strstr(context, text);
  if (!found) return false;
  out->begin = (size_t)(found - context);
  out->end = out->begin + strlen(text);
  return true;
}

static ig_status copy_passage(ig_sentences *splitter, const char *context, ig_source_range window,
                              ig_answer *answer, ig_error *err) {
  const ig_source_range place = {answer->begin, answer->end};
  ig_source_range passage = without_space(context, window);
  if (place.end > place.begin) IG_TRY(ig_passage_find(splitter, context, place, &passage, err));
  answer->passage = ig_allocate_copy(context + passage.begin, passage.end - passage.begin, err);
  answer->passage_begin = passage.begin;
  answer->passage_start_code = ig_utf8_count(context, passage.begin);
  answer->passage_end_code = ig_utf8_count(context, passage.end);
  return answer->passage ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_passage_place(ig_sentences *splitter, const char *context, ig_source_range window,
                           ig_answer *answer, ig_error *err) {
  answer->start_code = ig_utf8_count(context, answer->begin);
  answer->end_code = ig_utf8_count(context, answer->end);
  if (!splitter || *answer->text == '\0') return IG_OK;
  return copy_passage(splitter, context, window, answer, err);
}
