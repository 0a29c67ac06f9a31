// Finding terms in a text as a reader would: whole words, whatever case they stand in.
#ifndef IG_TEXT_TERM_MATCH_H
#define IG_TEXT_TERM_MATCH_H
#include <stddef.h>
#include "ingot/core.h"

// The bytes of text (length, valid UTF-8) that are the term if it stands at byte `at`; 0: it does
// not. A small letter of the term also stands for its capital, a space for any white space. The
// term's ends are those of words, but in scripts without spaces between words.
size_t ig_term_match_at(const char *text, size_t length, size_t at, const char *term);
// The character by which ig_term_match_at compares: a small letter for a capital.
uint32_t ig_term_match_fold(uint32_t code);
// The text with a capital in place of its first letter, malloc'ed; *out is NULL if it has no small
// letter there.
ig_status ig_term_match_capitalize(const char *text, char **out, ig_error *err);
#endif
