// Places where a sentence may end, by ICU: rules of Unicode Standard Annex #29, without those that
// its suppressions name, which are abbreviations of the language. The only file that knows ICU is
// icu_sentences.c.
#ifndef IG_TEXT_ICU_SENTENCES_H
#define IG_TEXT_ICU_SENTENCES_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_icu_sentences ig_icu_sentences;  // ig_icu_sentences_free; one thread at a time

// language: a code, or NULL. *out is NULL if this library was built without ICU, or if ICU's data
// is not installed: text/plain_sentences.h is used then.
ig_status ig_icu_sentences_create(const char *language, ig_icu_sentences **out, ig_error *err);
void ig_icu_sentences_free(ig_icu_sentences *sentences);

// Begins with a text, which is valid UTF-8 and borrowed. False: ICU cannot take it.
bool ig_icu_sentences_begin(ig_icu_sentences *sentences, const char *text, size_t length);
// As ig_plain_sentences_next, on that text; `from` never decreases.
size_t ig_icu_sentences_next(ig_icu_sentences *sentences, size_t from);
// Do the suppressions name the word that ends, before white space, at byte `place` of the text?
bool ig_icu_sentences_suppress(ig_icu_sentences *sentences, size_t place);
#endif
