#include "metric/codes.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

void ig_codes_free(ig_codes *codes) {
  free(codes->points);
  *codes = (ig_codes){0};
}

ig_status ig_codes_push(ig_codes *codes, int32_t point, ig_error *err) {
  if (codes->count == codes->capacity)
    IG_TRY(ig_allocate_more((void **)&codes->points, &codes->capacity, codes->count + 1,
                            sizeof *codes->points, err));
  codes->points[codes->count++] = point;
  return IG_OK;
}

ig_status ig_codes_copy(ig_codes *codes, const ig_codes *from, ig_error *err) {
  codes->count = 0;
  if (from->count == 0) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&codes->points, &codes->capacity, from->count,
                          sizeof *codes->points, err));
  memcpy(codes->points, from->points, from->count * sizeof *codes->points);
  codes->count = from->count;
  return IG_OK;
}

ig_status ig_codes_decode(ig_codes *codes, const char *line, ig_error *err) {
  size_t length = strlen(line), bad;
  codes->count = 0;
  if (!ig_utf8_valid(line, length, &bad))
    return ig_fail(err, IG_ERROR_FORMAT, "invalid UTF-8 at byte %zu", bad + 1);
  for (size_t i = 0; i < length;) {
    int32_t point;
    i += (size_t)utf8proc_iterate((const utf8proc_uint8_t *)line + i,
                                  (utf8proc_ssize_t)(length - i), &point);
    IG_TRY(ig_codes_push(codes, point, err));
  }
  while (codes->count && ig_utf8_is_space((uint32_t)codes->points[codes->count - 1]))
    codes->count--;
  return IG_OK;
}

// ---- lower case -------------------------------------------------------------

// Unicode's Case_Ignorable (Unicode 15, 3.13 D136): certain categories, and the punctuation whose
// Word_Break is MidLetter, MidNumLet or Single_Quote.
static bool is_case_ignorable(int32_t c) {
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default:
      return c == '\'' || c == '.' || c == ':' || c == 0xb7 || c == 0x387 || c == 0x55f ||
             c == 0x5f4 || c == 0x2018 || c == 0x2019 || c == 0x2024 || c == 0x2027 ||
             c == 0xfe13 || c == 0xfe52 || c == 0xfe55 || c == 0xff07 || c == 0xff0e || c == 0xff1a;
  }
}

static bool is_cased(int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
         category == UTF8PROC_CATEGORY_LT || c == 0xaa || c == 0xba ||
         (c >= 0x2160 && c <= 0x217f) || (c >= 0x24b6 && c <= 0x24e9) ||
         (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) ||
         (c >= 0x1f170 && c <= 0x1f189);
}

// True if the capital sigma at this position ends a word: a cased letter comes before it and none
// after it (Unicode SpecialCasing, Final_Sigma).
static bool is_final_sigma(const ig_codes *codes, size_t at) {
  size_t i = at;
  while (i > 0 && is_case_ignorable(codes->points[i - 1])) i--;
  if (i == 0 || !is_cased(codes->points[i - 1])) return false;
  for (i = at + 1; i < codes->count && is_case_ignorable(codes->points[i]);) i++;
  return i == codes->count || !is_cased(codes->points[i]);
}

ig_status ig_codes_lower(ig_codes *codes, ig_error *err) {
  ig_codes lower = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < codes->count; i++) {
    const int32_t c = codes->points[i];
    if (c == 0x3a3) {
      status = ig_codes_push(&lower, is_final_sigma(codes, i) ? 0x3c2 : 0x3c3, err);
    } else if (c == 0x130) {  // I with dot: i and a combining dot
      status = ig_codes_push(&lower, 'i', err);
      if (status == IG_OK) status = ig_codes_push(&lower, 0x307, err);
    } else {
      status = ig_codes_push(&lower, utf8proc_tolower(c), err);
    }
  }
  ig_codes_free(codes);
  *codes = lower;
  return status;
}
