// UTF-8 validity and white space.
#ifndef IG_TEXT_UTF8_H
#define IG_TEXT_UTF8_H
#include <stddef.h>
#include "ingot/core.h"

// True if text is well-formed UTF-8 (RFC 3629: no overlong forms, surrogates or values above
// U+10FFFF). If not, *offset (may be NULL) is that of the first bad byte.
bool ig_utf8_valid(const char *text, size_t length, size_t *offset);
// True for the code points of which Python's str.isspace is true: White_Space and the separators
// U+001C..U+001F.
bool ig_utf8_is_space(uint32_t code);
// Bytes of the white-space character at text; 0: there is none, as within a character. The text may
// be no UTF-8: nothing after its end is read.
size_t ig_utf8_space(const char *text, size_t length);
// How many bytes the character at text has, which is valid UTF-8 and not empty.
size_t ig_utf8_step(const char *text);
// The character at text, which is valid UTF-8 and not empty; *step is how many bytes it has.
uint32_t ig_utf8_decode(const char *text, size_t *step);
enum { IG_UTF8_MAX = 4 };  // bytes of a character
// Writes the character, up to U+10FFFF; returns how many bytes it has.
size_t ig_utf8_encode(uint32_t code, char bytes[IG_UTF8_MAX]);
// How many characters the first bytes (length) of a text are: an offset in bytes as one in code
// points. A character that is cut counts.
size_t ig_utf8_count(const char *text, size_t length);
// Where the character that ends at byte `end` (above 0) of text begins. text is valid UTF-8.
size_t ig_utf8_before(const char *text, size_t end);
// Leaves out the white space that text begins with; or that at both ends. It may be no UTF-8.
void ig_utf8_strip_begin(const char **text, size_t *length);
void ig_utf8_strip(const char **text, size_t *length);
#endif
