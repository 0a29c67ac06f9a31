#include "base/utf8_sequence.h"

// What the first byte asks for: the bytes of the sequence, 0: none begins so, and the range of the
// second byte, which keeps out overlong forms, surrogates and values above U+10FFFF.
typedef struct sequence_form {
  size_t length;
  unsigned char low, high;
} sequence_form;

static sequence_form form_of(unsigned char first) {
  if (first < 0x80) return (sequence_form){.length = 1};
  if (first < 0xC2 || first > 0xF4) return (sequence_form){0};
  return (sequence_form){.length = first < 0xE0   ? 2
                                   : first < 0xF0 ? 3
                                                  : 4,
                         .low = first == 0xE0   ? 0xA0
                                : first == 0xF0 ? 0x90
                                                : 0x80,
                         .high = first == 0xED   ? 0x9F
                                 : first == 0xF4 ? 0x8F
                                                 : 0xBF};
}

// How many of the form's bytes are there.
static size_t matched_bytes(const sequence_form *form, const unsigned char *s, size_t n) {
  size_t i = 1;
  for (; i < form->length && i < n; i++) {
    const unsigned char low = i == 1 ? form->low : 0x80, high = i == 1 ? form->high : 0xBF;
    if (s[i] < low || s[i] > high) break;
  }
  return i;
}

size_t ig_utf8_sequence_length(const unsigned char *s, size_t n) {
  if (s[0] < 0x80) return 1;
  const sequence_form form = form_of(s[0]);
  return form.length > 0 && matched_bytes(&form, s, n) == form.length ? form.length : 0;
}

size_t ig_utf8_sequence_subpart(const unsigned char *s, size_t n) {
  const sequence_form form = form_of(s[0]);
  return form.length == 0 ? 1 : matched_bytes(&form, s, n);
}
