// Places where a sentence may end, by ICU: see icu_sentences.h.
#include "text/icu_sentences.h"

#include "base/fail.h"

#ifndef IG_ICU

ig_status ig_icu_sentences_create(const char *language, ig_icu_sentences **out, ig_error *err) {
  (void)language;
  (void)err;
  *out = NULL;
  return IG_OK;
}

void ig_icu_sentences_free(ig_icu_sentences *sentences) { (void)sentences; }

bool ig_icu_sentences_begin(ig_icu_sentences *sentences, const char *text, size_t length) {
  (void)sentences;
  (void)text;
  (void)length;
  return false;
}

size_t ig_icu_sentences_next(ig_icu_sentences *sentences, size_t from) {
  (void)sentences;
  return from;
}

bool ig_icu_sentences_suppress(ig_icu_sentences *sentences, size_t place) {
  (void)sentences;
  (void)place;
  return false;
}

#else

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "base/allocate.h"
#include "text/sentence_marks.h"
#include "text/utf8.h"

#define LONGEST_ABBREVIATION 40  // bytes, the full stop included

struct ig_icu_sentences {
  UBreakIterator *rules;         // without suppressions
  UBreakIterator *suppressions;  // with those of the language; NULL: the language is unknown
  UText *text, *word;            // NULL: none yet
  const char *bytes;
  size_t length;  // of the text
  size_t at;      // the last place that the rules gave
};

// Without a language the rules are those of the root, not those of the process's locale. The
// keyword asks for suppressions (Unicode Technical Standard #35, part 2, "Segmentation
// Suppressions").
static void open_iterators(ig_icu_sentences *s, const char *language, UErrorCode *code) {
  char locale[64] = "root";
  if (language) snprintf(locale, sizeof locale, "%.32s", language);
  s->rules = ubrk_open(UBRK_SENTENCE, locale, NULL, 0, code);
  if (!language || U_FAILURE(*code)) return;
  snprintf(locale, sizeof locale, "%.32s@ss=standard", language);
  s->suppressions = ubrk_open(UBRK_SENTENCE, locale, NULL, 0, code);
}

ig_status ig_icu_sentences_create(const char *language, ig_icu_sentences **out, ig_error *err) {
  UErrorCode code = U_ZERO_ERROR;
  *out = NULL;
  ig_icu_sentences *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  open_iterators(s, language, &code);
  if (U_SUCCESS(code)) {
    *out = s;
    return IG_OK;
  }
  ig_icu_sentences_free(s);
  if (code == U_MEMORY_ALLOCATION_ERROR)
    return ig_fail(err, IG_ERROR_MEMORY, "out of memory for sentence boundaries (ICU)");
  return IG_OK;
}

void ig_icu_sentences_free(ig_icu_sentences *s) {
  if (!s) return;
  if (s->rules) ubrk_close(s->rules);
  if (s->suppressions) ubrk_close(s->suppressions);
  utext_close(s->text);
  utext_close(s->word);
  free(s);
}

bool ig_icu_sentences_begin(ig_icu_sentences *s, const char *text, size_t length) {
  UErrorCode code = U_ZERO_ERROR;
  if (length > INT32_MAX) return false;
  s->bytes = text;
  s->length = length;
  s->at = 0;
  s->text = utext_openUTF8(s->text, text, (int64_t)length, &code);
  ubrk_setUText(s->rules, s->text, &code);
  return U_SUCCESS(code);
}

// Does ICU suppress a place after these bytes, which end in a full stop?
static bool suppresses(ig_icu_sentences *s, const char *word, size_t length) {
  char text[LONGEST_ABBREVIATION + 4];
  UErrorCode code = U_ZERO_ERROR;
  memcpy(text, word, length);
  memcpy(text + length, " X", 2);
  s->word = utext_openUTF8(s->word, text, (int64_t)length + 2, &code);
  ubrk_setUText(s->suppressions, s->word, &code);
  return U_SUCCESS(code) && ubrk_next(s->suppressions) == (int32_t)length + 2;
}

// Is the word before a place an abbreviation? ICU compares ends of words: to its German list, which
// has "r.", no sentence ends in "Vater." So what is suppressed without its first letter, too, is
// not suppressed as a whole.
bool ig_icu_sentences_suppress(ig_icu_sentences *s, size_t place) {
  size_t end = place, step;
  if (!s->suppressions) return false;
  while (end > 0) {
    const size_t before = ig_utf8_before(s->bytes, end);
    if (ig_utf8_space(s->bytes + before, end - before) == 0) break;
    end = before;
  }
  if (end == 0 || s->bytes[end - 1] != '.') return false;
  size_t begin = end;
  while (begin > 0) {
    const size_t before = ig_utf8_before(s->bytes, begin);
    const uint32_t c = ig_utf8_decode(s->bytes + before, &step);
    if (c != '.' && !ig_sentence_marks_is_letter(c)) break;
    if (end - before > LONGEST_ABBREVIATION) return false;
    begin = before;
  }
  if (!suppresses(s, s->bytes + begin, end - begin)) return false;
  ig_utf8_decode(s->bytes + begin, &step);
  return begin + step >= end || !suppresses(s, s->bytes + begin + step, end - begin - step);
}

size_t ig_icu_sentences_next(ig_icu_sentences *s, size_t from) {
  while (s->at < s->length) {
    if (s->at > from && !ig_icu_sentences_suppress(s, s->at)) break;
    const int32_t next = ubrk_next(s->rules);
    s->at = next == UBRK_DONE ? s->length : (size_t)next;
  }
  return s->at;
}

#endif
