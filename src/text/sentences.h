// The sentences of a text, one after the other.
//
// Example: the text ">>de<< He left.  “Why?” she asked. " has two sentences, ">>de<< He left." and
// "“Why?” she asked."; before the second one stood two spaces, and the prefix ">>de<< " belongs to
// it, too. A text of one sentence is that sentence, with the white space at its ends.
#ifndef IG_TEXT_SENTENCES_H
#define IG_TEXT_SENTENCES_H
#include <stddef.h>
#include "ingot/core.h"

// The bytes of the language tokens at the beginning of text, with the white space between and after
// them. A token is ">>", a few characters without white space, "<<".
size_t ig_sentences_prefix(const char *text, size_t length);

typedef struct ig_sentences ig_sentences;  // ig_sentences_free; one thread at a time

// Is it letters, digits, '-' and '_', as codes of languages are?
bool ig_sentences_language_is_fine(const char *language);
// language: a code ("en", "deu", "pt_BR", "eng_Latn"), for its abbreviations. NULL, or what no code
// looks like: unknown.
ig_status ig_sentences_create(const char *language, ig_sentences **out, ig_error *err);
void ig_sentences_free(ig_sentences *sentences);

// Where a sentence is, in bytes of the text.
typedef struct ig_sentence_span {
  size_t gap;         // where the white space before it begins, which ends at `begin`
  size_t begin, end;  // of the sentence
  // Language tokens of the text (">>de<<"), with the white space after them, that belong to this
  // sentence, too, but stand before the first one; equal: there are none.
  size_t prefix_begin, prefix_end;
  bool last;
} ig_sentence_span;

// Begins with a text, which is borrowed until its last sentence has been given. What is not UTF-8
// is one sentence.
ig_status ig_sentences_begin(ig_sentences *sentences, const char *text, size_t length,
                             ig_error *err);
// The next sentence of the text: there is at least one, and none after the last.
ig_sentence_span ig_sentences_next(ig_sentences *sentences);
#endif
