// Text cut at white space.
#ifndef IG_TEXT_WHITESPACE_H
#define IG_TEXT_WHITESPACE_H
#include <stddef.h>
#include "ingot/core.h"

// Calls token for each run of text between white space, as Unicode defines it; a status other than
// IG_OK stops and is returned. The token is not NUL-terminated.
ig_status ig_whitespace_split(const char *text, size_t length,
                              ig_status (*token)(void *, const char *, size_t, ig_error *),
                              void *context, ig_error *err);
#endif
