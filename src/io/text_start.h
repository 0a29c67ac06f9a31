// What the first bytes of a text file say of its encoding.
#ifndef IG_IO_TEXT_START_H
#define IG_IO_TEXT_START_H
#include "ingot/core.h"

// True if more bytes are needed to know what ig_text_start_check wants to know: the bytes so far
// could be the beginning of a byte order mark.
bool ig_text_start_open(const char *text, size_t length);
// *skip: the bytes of UTF-8's byte order mark, which is not part of the text; 0: there is none.
// IG_ERROR_FORMAT, with what to do, if the text is UTF-16 or UTF-32: it has the byte order mark of
// one of these, or the pattern of NULs that Latin letters make in UTF-16. The message does not name
// the file.
ig_status ig_text_start_check(const char *text, size_t length, size_t *skip, ig_error *err);
#endif
