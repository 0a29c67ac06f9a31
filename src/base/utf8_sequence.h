// The one rule of what is well-formed UTF-8 (RFC 3629, section 4: no overlong forms, surrogates or
// values above U+10FFFF).
#ifndef IG_BASE_UTF8_SEQUENCE_H
#define IG_BASE_UTF8_SEQUENCE_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// The length of the well-formed sequence at s; 0: there is none. n: bytes left, at least 1.
size_t ig_utf8_sequence_length(const unsigned char *s, size_t n);
// How many bytes at s are ASCII, and none a NUL, as far as eight at a time tell: a long text is
// looked through several times before its first sentence is known.
static inline size_t ig_utf8_sequence_ascii(const unsigned char *s, size_t n) {
  const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
  size_t i = 0;
  for (uint64_t eight; n - i >= sizeof eight; i += sizeof eight) {
    memcpy(&eight, s + i, sizeof eight);
    if ((eight | (eight - ones)) & high) break;
  }
  return i;
}
// Where no well-formed sequence begins: the bytes that one U+FFFD stands for, at least 1. That is
// the longest beginning of a well-formed sequence ("maximal subpart", Unicode 15, section 3.9,
// U+FFFD Substitution of Maximal Subparts; the WHATWG's decoder does the same), or else one byte.
size_t ig_utf8_sequence_subpart(const unsigned char *s, size_t n);
#endif
