// What of a text can be seen.
#include "text/shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/size.h"
#include "text/utf8.h"

// Letters, digits, punctuation and symbols show; marks that combine, separators and controls do
// not.
static bool shows(uint32_t code) {
  switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN: return false;
    default: return true;
  }
}

// A single space between what shows is seen, too.
static bool all_show(const char *text) {
  const size_t length = strlen(text);
  bool space = true;  // before the first
  for (size_t i = 0, step; i < length; i += step) {
    const bool is_space = text[i] == ' ';
    if (is_space ? space : !shows(ig_utf8_decode(text + i, &step))) return false;
    if (is_space) step = 1;
    space = is_space;
  }
  return length == 0 || !space;
}

enum { LONGEST_SHOWN = 48 };  // bytes of a text

size_t ig_shown_write(const char *text, char *out, size_t size) {
  const size_t length = strlen(text);
  size_t cut = ig_size_smaller(length, LONGEST_SHOWN), used = 0;
  while (cut < length && cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80) --cut;
  const char *rest = cut < length ? "..." : "";
  if (all_show(text)) return (size_t)snprintf(out, size, "'%.*s%s'", (int)cut, text, rest);
  for (size_t i = 0; i < cut && used < size;) {
    size_t step;
    const uint32_t code = ig_utf8_decode(text + i, &step);
    i += step;
    used += (size_t)snprintf(out + used, size - used, "%sU+%04" PRIX32, used ? " " : "", code);
  }
  return used < size ? used + (size_t)snprintf(out + used, size - used, "%s", rest) : used;
}

bool ig_shown_nothing(const char *text, size_t length) {
  for (size_t i = 0, step; i < length; i += step) {
    const uint32_t code = ig_utf8_decode(text + i, &step);
    const utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code);
    if (!ig_utf8_is_space(code) && category != UTF8PROC_CATEGORY_CC &&
        category != UTF8PROC_CATEGORY_CF)
      return false;
  }
  return true;
}
