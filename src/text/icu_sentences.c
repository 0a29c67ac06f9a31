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

#else

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "base/allocate.h"

struct ig_icu_sentences {
  UBreakIterator *iterator;
  UText *text;    // NULL: none yet
  size_t length;  // of the text
  size_t at;      // the last place that the iterator gave
};

// The keyword asks for suppressions (Unicode Technical Standard #35, part 2, "Segmentation
// Suppressions"). Without a language there are none: those of the process's locale are not meant.
static UBreakIterator *open_iterator(const char *language, UErrorCode *code) {
  char locale[64] = "root";
  if (language) snprintf(locale, sizeof locale, "%.32s@ss=standard", language);
  return ubrk_open(UBRK_SENTENCE, locale, NULL, 0, code);
}

ig_status ig_icu_sentences_create(const char *language, ig_icu_sentences **out, ig_error *err) {
  UErrorCode code = U_ZERO_ERROR;
  *out = NULL;
  ig_icu_sentences *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  s->iterator = open_iterator(language, &code);
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
  if (s->iterator) ubrk_close(s->iterator);
  utext_close(s->text);
  free(s);
}

bool ig_icu_sentences_begin(ig_icu_sentences *s, const char *text, size_t length) {
  UErrorCode code = U_ZERO_ERROR;
  if (length > INT32_MAX) return false;
  s->length = length;
  s->at = 0;
  s->text = utext_openUTF8(s->text, text, (int64_t)length, &code);
  ubrk_setUText(s->iterator, s->text, &code);
  return U_SUCCESS(code);
}

size_t ig_icu_sentences_next(ig_icu_sentences *s, size_t from) {
  while (s->at <= from && s->at < s->length) {
    const int32_t next = ubrk_next(s->iterator);
    s->at = next == UBRK_DONE ? s->length : (size_t)next;
  }
  return s->at;
}

#endif
