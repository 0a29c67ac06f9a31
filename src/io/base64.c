#include "io/base64.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

// The six bits of a letter; -1: none.
static int value_of(char letter) {
  if (letter >= 'A' && letter <= 'Z') return letter - 'A';
  if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
  if (letter >= '0' && letter <= '9') return letter - '0' + 52;
  if (letter == '+') return 62;
  return letter == '/' ? 63 : -1;
}

static size_t count_padding(const char *text, size_t length) {
  size_t count = 0;
  while (count < 2 && count < length && text[length - 1 - count] == '=') count++;
  return count;
}

ig_status ig_base64_decode(const char *text, size_t length, unsigned char **out, size_t *size,
                           ig_error *err) {
  *out = NULL;
  if (length % 4 != 0)
    return ig_fail(err, IG_ERROR_FORMAT, "base64: expected a multiple of 4 letters, found %zu",
                   length);
  const size_t padding = count_padding(text, length), letters = length - padding;
  unsigned char *to = ig_allocate(length / 4 * 3 + 1, 1, err);
  if (!to) return IG_ERROR_MEMORY;
  unsigned bits = 0;
  *size = 0;
  for (size_t i = 0; i < letters; i++) {
    const int value = value_of(text[i]);
    if (value < 0) {
      free(to);
      return ig_fail(err, IG_ERROR_FORMAT, "base64: letter %zu is none of the alphabet", i);
    }
    bits = bits << 6 | (unsigned)value;
    if (i % 4 > 0) to[(*size)++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
  }
  *out = to;
  return IG_OK;
}
