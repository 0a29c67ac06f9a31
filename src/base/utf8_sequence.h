// The one rule of what is well-formed UTF-8 (RFC 3629, section 4: no overlong forms, surrogates or
// values above U+10FFFF).
#ifndef IG_BASE_UTF8_SEQUENCE_H
#define IG_BASE_UTF8_SEQUENCE_H
#include <stddef.h>

// The length of the well-formed sequence at s; 0: there is none. n: bytes left, at least 1.
size_t ig_utf8_sequence_length(const unsigned char *s, size_t n);
// Where no well-formed sequence begins: the bytes that one U+FFFD stands for, at least 1. That is
// the longest beginning of a well-formed sequence ("maximal subpart", Unicode 15, section 3.9,
// U+FFFD Substitution of Maximal Subparts; the WHATWG's decoder does the same), or else one byte.
size_t ig_utf8_sequence_subpart(const unsigned char *s, size_t n);
#endif
