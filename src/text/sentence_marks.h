// Characters as the splitting of sentences sees them: for the files text/*sentence*.c alone.
#ifndef IG_TEXT_SENTENCE_MARKS_H
#define IG_TEXT_SENTENCE_MARKS_H
#include <stddef.h>
#include "ingot/core.h"

// Does the character end sentences? '.', '!', '?', their relatives in other scripts, and U+2026.
bool ig_sentence_marks_ends(uint32_t code);
// Does it end sentences also where no white space follows, as the marks of Chinese do?
bool ig_sentence_marks_ends_alone(uint32_t code);
// Quotation marks and closing brackets: after the end of a sentence they belong to it.
bool ig_sentence_marks_closes(uint32_t code);
bool ig_sentence_marks_breaks_line(uint32_t code);
bool ig_sentence_marks_is_letter(uint32_t code);
bool ig_sentence_marks_is_lower(uint32_t code);
bool ig_sentence_marks_is_cased(uint32_t code);
bool ig_sentence_marks_is_number(uint32_t code);
// A script without spaces between words: Han, Kana, Bopomofo, and full-width forms.
bool ig_sentence_marks_is_ideographic(uint32_t code);
bool ig_sentence_marks_is_upper(uint32_t code);
// Has the text letters with case, and no capital among them? Then case says nothing of where a
// sentence begins: chats and transcripts of speech are written so.
bool ig_sentence_marks_all_lower(const char *text, size_t length);
// Bytes of the number in brackets at text, as footnotes are referred to ("[12]"); 0: there is none.
size_t ig_sentence_marks_reference(const char *text, size_t length);
// Is the first letter of text, with no mark that ends sentences before it, a lower-case one? This
// is rule SB8 of Unicode Standard Annex #29: a full stop before such text ends no sentence.
bool ig_sentence_marks_goes_on(const char *text, size_t length);
#endif
