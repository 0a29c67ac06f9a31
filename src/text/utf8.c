// UTF-8 validity and white space.
#include "text/utf8.h"

#include <stdint.h>

#include "base/utf8_sequence.h"

bool ig_utf8_valid(const char *text, size_t length, size_t *offset) {
  const unsigned char *s = (const unsigned char *)text;
  for (size_t i = 0; i < length;) {
    i += ig_utf8_sequence_ascii(s + i, length - i);
    if (i == length) break;
    size_t step = ig_utf8_sequence_length(s + i, length - i);
    if (step == 0) {
      if (offset) *offset = i;
      return false;
    }
    i += step;
  }
  return true;
}

bool ig_utf8_is_space(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

size_t ig_utf8_space(const char *text, size_t length) {
  const unsigned char *s = (const unsigned char *)text;
  if (length == 0) return 0;
  if (s[0] < 0x80) return ig_utf8_is_space(s[0]) ? 1 : 0;
  if (length >= 2 && s[0] >= 0xC2 && s[0] < 0xE0)
    return ig_utf8_is_space((uint32_t)(s[0] & 0x1F) << 6 | (s[1] & 0x3F)) ? 2 : 0;
  if (length >= 3 && (s[0] & 0xF0) == 0xE0)
    return ig_utf8_is_space((uint32_t)(s[0] & 0x0F) << 12 | (uint32_t)(s[1] & 0x3F) << 6 |
                            (s[2] & 0x3F))
               ? 3
               : 0;
  return 0;
}

size_t ig_utf8_step(const char *text) {
  const unsigned char first = (unsigned char)*text;
  return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

uint32_t ig_utf8_decode(const char *text, size_t *step) {
  const unsigned char *s = (const unsigned char *)text;
  *step = ig_utf8_step(text);
  if (*step == 1) return s[0];
  uint32_t code = s[0] & (0xFFu >> (*step + 1));
  for (size_t i = 1; i < *step; ++i) code = code << 6 | (s[i] & 0x3F);
  return code;
}

size_t ig_utf8_encode(uint32_t code, char bytes[IG_UTF8_MAX]) {
  static const unsigned char heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
  const size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--) {
    bytes[i] = (char)(0x80 | (code & 0x3F));
    code >>= 6;
  }
  bytes[0] = (char)(heads[length] | code);
  return length;
}

size_t ig_utf8_count(const char *text, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
  return count;
}

size_t ig_utf8_before(const char *text, size_t end) {
  size_t begin = end - 1;
  while (begin > 0 && ((unsigned char)text[begin] & 0xC0) == 0x80) begin--;
  return begin;
}

void ig_utf8_strip_begin(const char **text, size_t *length) {
  size_t step;
  while ((step = ig_utf8_space(*text, *length)) > 0) {
    *text += step;
    *length -= step;
  }
}

void ig_utf8_strip(const char **text, size_t *length) {
  ig_utf8_strip_begin(text, length);
  for (;;) {
    if (*length == 0) return;
    const size_t back = ig_utf8_before(*text, *length);  // the start of the last character
    if (ig_utf8_space(*text + back, *length - back) == 0) return;
    *length = back;
  }
}
