// Bytes written as letters (RFC 4648, section 4).
#ifndef IG_IO_BASE64_H
#define IG_IO_BASE64_H
#include <stddef.h>
#include "ingot/core.h"

// *out is malloc'ed for the caller to free(). IG_ERROR_FORMAT, with the place, if a character is
// none of the alphabet or the padding is wrong.
ig_status ig_base64_decode(const char *text, size_t length, unsigned char **out, size_t *size,
                           ig_error *err);
#endif
