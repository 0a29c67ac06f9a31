// Characters as the splitting of sentences sees them.
#include "text/sentence_marks.h"

#include <utf8proc.h>

#include "text/utf8.h"

// Letters, quotes and brackets that rule SB8 is looked for after, at most: a text of nothing but
// symbols would otherwise be read to its end at each of its marks.
#define SEARCHED_BYTES 256

bool ig_sentence_marks_ends_alone(uint32_t c) {
  static const uint16_t marks[] = {
      0x3002, 0xFF01, 0xFF1F, 0xFF61, 0xFE12, 0xFE56, 0xFE57,  // 。！？ and their variants
      0x0964, 0x0965,                                          // danda, double danda
      0x061F, 0x06D4, 0x0589, 0x1362, 0x1367, 0x1368,          // Arabic, Armenian, Ethiopic
      0x104A, 0x104B, 0x17D4, 0x17D5, 0x1803, 0x1809};         // Burmese, Khmer, Mongolian
  if (c < 0x0589) return false;
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (marks[i] == c) return true;
  return false;
}

bool ig_sentence_marks_ends(uint32_t c) {
  if (c < 0x80) return c == '.' || c == '!' || c == '?';
  // One-dot leader, ellipsis, double marks, small and full-width full stop.
  return c == 0x2024 || c == 0x2026 || c == 0x203C || (c >= 0x2047 && c <= 0x2049) || c == 0xFE52 ||
         c == 0xFF0E || ig_sentence_marks_ends_alone(c);
}

static utf8proc_category_t category_of(uint32_t c) { return utf8proc_category((int32_t)c); }

bool ig_sentence_marks_closes(uint32_t c) {
  if (c < 0x80) return c == '"' || c == '\'' || c == ')' || c == ']' || c == '}';
  const utf8proc_category_t category = category_of(c);
  return category == UTF8PROC_CATEGORY_PE || category == UTF8PROC_CATEGORY_PF ||
         category == UTF8PROC_CATEGORY_PI;
}

bool ig_sentence_marks_breaks_line(uint32_t c) {
  return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool ig_sentence_marks_is_letter(uint32_t c) {
  if (c < 0x80) return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
  const utf8proc_category_t category = category_of(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool ig_sentence_marks_is_lower(uint32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  return category_of(c) == UTF8PROC_CATEGORY_LL;
}

bool ig_sentence_marks_is_upper(uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  const utf8proc_category_t category = category_of(c);
  return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
}

bool ig_sentence_marks_is_cased(uint32_t c) {
  if (c < 0x80) return ig_sentence_marks_is_letter(c);
  const utf8proc_category_t category = category_of(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LT;
}

bool ig_sentence_marks_is_number(uint32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  const utf8proc_category_t category = category_of(c);
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool ig_sentence_marks_is_ideographic(uint32_t c) {
  return (c >= 0x2E80 && c <= 0x31FF) || (c >= 0x3400 && c <= 0x9FFF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF00 && c <= 0xFFEF) ||
         (c >= 0x20000 && c <= 0x3FFFF);
}

bool ig_sentence_marks_all_lower(const char *text, size_t length) {
  bool lower = false;
  size_t step;
  for (size_t i = 0; i < length; i += step) {
    const uint32_t c = ig_utf8_decode(text + i, &step);
    if (ig_sentence_marks_is_upper(c)) return false;
    lower = lower || ig_sentence_marks_is_lower(c);
  }
  return lower;
}

size_t ig_sentence_marks_reference(const char *text, size_t length) {
  size_t i = 1;
  if (length < 3 || text[0] != '[') return 0;
  while (i < length && text[i] >= '0' && text[i] <= '9') i++;
  return i > 1 && i < length && text[i] == ']' ? i + 1 : 0;
}

bool ig_sentence_marks_goes_on(const char *text, size_t length) {
  size_t step;
  for (size_t i = 0; i < length && i < SEARCHED_BYTES; i += step) {
    const uint32_t c = ig_utf8_decode(text + i, &step);
    if (ig_sentence_marks_is_letter(c)) return ig_sentence_marks_is_lower(c);
    if (ig_sentence_marks_ends(c) || ig_sentence_marks_breaks_line(c)) return false;
  }
  return false;
}
