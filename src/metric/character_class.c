#include "metric/character_class.h"

#include <utf8proc.h>

#include "text/utf8.h"

static bool is_between(utf8proc_category_t c, utf8proc_category_t first, utf8proc_category_t last) {
  return c >= first && c <= last;
}

bool ig_character_class_is_word(int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return c == '_' || is_between(category, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO) ||
         is_between(category, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}

bool ig_character_class_is_digit(int32_t c) { return utf8proc_category(c) == UTF8PROC_CATEGORY_ND; }

bool ig_character_class_is_ascii_mark(int32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

bool ig_character_class_is_mark(int32_t c) {
  return ig_character_class_is_ascii_mark(c) ||
         is_between(utf8proc_category(c), UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

bool ig_character_class_is_han(int32_t c) { return c >= 0x4E00 && c <= 0x9FA5; }

bool ig_character_class_is_space(int32_t c) { return ig_utf8_is_space((uint32_t)c); }

bool ig_character_class_is_edge(const ig_codes *text, size_t at) {
  const bool before = at > 0 && ig_character_class_is_word(text->points[at - 1]),
             after = at < text->count && ig_character_class_is_word(text->points[at]);
  return before != after;
}
