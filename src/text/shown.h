// Texts in messages: what can be seen of them, and the code points of what cannot.
#ifndef IG_TEXT_SHOWN_H
#define IG_TEXT_SHOWN_H
#include <stdbool.h>
#include <stddef.h>

// Writes the text within quotation marks (single spaces within it show by the letters around them);
// or, where a part of it would not show by itself, or would
// do something to a terminal, its code points, as U+200B. A long text is cut. text is valid UTF-8;
// out (size) is NUL-terminated. Returns the bytes that the whole takes, as snprintf does.
size_t ig_shown_write(const char *text, char *out, size_t size);
// Is the text, which is valid UTF-8, nothing but white space, controls and format characters?
bool ig_shown_nothing(const char *text, size_t length);
#endif
