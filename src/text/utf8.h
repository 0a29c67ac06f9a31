// UTF-8 validity and white space.
#ifndef IG_TEXT_UTF8_H
#define IG_TEXT_UTF8_H
#include <stddef.h>
#include "ingot/core.h"

// True when text is well-formed UTF-8 (RFC 3629: no overlong forms, surrogates or values above
// U+10FFFF); else *offset (may be NULL) is the first bad byte.
bool ig_utf8_valid(const char *text, size_t length, size_t *offset);
// Bytes of the white-space character at text (Unicode White_Space, as Python's str.isspace), 0
// where there is none. text is valid UTF-8.
size_t ig_utf8_space(const char *text, size_t length);
// The part of text without white space at both ends.
void ig_utf8_strip(const char **text, size_t *length);
#endif
