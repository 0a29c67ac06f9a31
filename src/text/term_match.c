#include "text/term_match.h"

#include <string.h>
#include <utf8proc.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/script.h"
#include "text/utf8.h"

uint32_t ig_term_match_fold(uint32_t code) {
  return (uint32_t)utf8proc_tolower((utf8proc_int32_t)code);
}

static bool is_of_word(uint32_t code) {
  switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND: return !ig_script_is_unspaced(code);
    default: return false;
  }
}

// Does a word go on over byte `at`?
static bool is_inside_word(const char *text, size_t length, size_t at) {
  size_t step;
  if (at == 0 || at >= length) return false;
  return is_of_word(ig_utf8_decode(text + ig_utf8_before(text, at), &step)) &&
         is_of_word(ig_utf8_decode(text + at, &step));
}

// Bytes of white space at byte `at`.
static size_t spaces_at(const char *text, size_t length, size_t at) {
  size_t count = 0, step;
  while (at + count < length && (step = ig_utf8_space(text + at + count, length - at - count)) > 0)
    count += step;
  return count;
}

size_t ig_term_match_at(const char *text, size_t length, size_t at, const char *term) {
  size_t to = at;
  if (is_inside_word(text, length, at)) return 0;
  while (*term) {
    size_t step, term_step;
    const uint32_t wanted = ig_utf8_decode(term, &term_step);
    const size_t spaces = spaces_at(text, length, to);
    if (to >= length) return 0;
    const uint32_t found = ig_utf8_decode(text + to, &step);
    if (ig_utf8_is_space(wanted) ? spaces == 0
                                 : found != wanted && ig_term_match_fold(found) != wanted)
      return 0;
    to += ig_utf8_is_space(wanted) ? spaces : step;
    term += term_step;
  }
  return is_inside_word(text, length, to) ? 0 : to - at;
}

ig_status ig_term_match_capitalize(const char *text, char **out, ig_error *err) {
  size_t step;
  *out = NULL;
  if (!*text) return IG_OK;
  const utf8proc_int32_t first = (utf8proc_int32_t)ig_utf8_decode(text, &step);
  const utf8proc_int32_t capital = utf8proc_toupper(first);
  if (capital == first) return IG_OK;
  utf8proc_uint8_t bytes[4];
  const size_t size = (size_t)utf8proc_encode_char(capital, bytes), rest = strlen(text + step);
  *out = ig_allocate(size + rest + 1, 1, err);
  if (!*out) return IG_ERROR_MEMORY;
  memcpy(*out, bytes, size);
  memcpy(*out + size, text + step, rest + 1);
  return IG_OK;
}
