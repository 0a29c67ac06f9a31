// Guards: places where a sentence may end by its marks, but does not.
//
// They hold for places that ICU finds and for those of text/plain_sentences.h, in every language,
// and keep together: "Dr. Smith", "J. Smith", "U.S. Navy", "z. B.", "No. 5", "1. January",
// addresses ("x.org/?q=1"), "“Go!” he said", "Well... I see", and signs without a letter (":-)",
// "1.") with their neighbour.
#ifndef IG_TEXT_SENTENCE_GUARDS_H
#define IG_TEXT_SENTENCE_GUARDS_H
#include <stddef.h>
#include "ingot/core.h"

// A place in a text: begin <= end <= next <= length.
typedef struct ig_sentence_place {
  const char *text;  // valid UTF-8
  size_t length;
  size_t begin;     // of the sentence that may end here
  size_t end;       // after its last character
  size_t next;      // after the white space: the first byte of the next sentence
  bool has_letter;  // the sentence that may end here
  bool ordinals;    // the language writes ordinal numbers with a full stop: "am 1. Mai"
  bool lower;       // the text has no capitals
} ig_sentence_place;

// True: no sentence ends here.
bool ig_sentence_guards_hold(const ig_sentence_place *place);
// Does the text go on with a word that begins sentences and follows no abbreviation and no initial:
// "She", "There"? lower: also where it is not capitalized.
bool ig_sentence_guards_opens(const char *text, size_t length, bool lower);
// Does a language of this code ("de", "deu", "de_AT"; NULL: unknown) write ordinals with a full
// stop?
bool ig_sentence_guards_ordinals(const char *language);
#endif
