#include "io/text_start.h"

#include <string.h>

#include "base/fail.h"

// Byte order marks (Unicode 15, table 2-4, and section 23.8). UTF-32's come first: that of its
// little-endian form begins with that of UTF-16.
typedef struct byte_order_mark {
  const char *bytes;
  size_t count;
  const char *encoding;  // as iconv calls it, which drops the mark; NULL: UTF-8
} byte_order_mark;

static const byte_order_mark marks[] = {
    {"\xFF\xFE\0\0", 4, "UTF-32"}, {"\0\0\xFE\xFF", 4, "UTF-32"}, {"\xFF\xFE", 2, "UTF-16"},
    {"\xFE\xFF", 2, "UTF-16"},     {"\xEF\xBB\xBF", 3, NULL},
};
enum { MARKS = sizeof marks / sizeof *marks };

bool ig_text_start_open(const char *text, size_t length) {
  for (size_t m = 0; m < MARKS; m++)
    if (length < marks[m].count && memcmp(text, marks[m].bytes, length) == 0) return true;
  return false;
}

static ig_status refuse_encoding(const char *encoding, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT,
                 "the text is %s, expected UTF-8: convert it (iconv -f %s -t UTF-8)", encoding,
                 encoding);
}

#define LOOKED_AT 1024  // bytes

// UTF-16 without a mark: of its pairs of bytes at least four in ten have a NUL on one side, and
// none has one on the other.
static const char *encoding_by_zeros(const char *text, size_t length) {
  size_t zeros[2] = {0, 0};
  const size_t pairs = (length < LOOKED_AT ? length : LOOKED_AT) / 2;
  for (size_t i = 0; i < 2 * pairs; i++) zeros[i % 2] += text[i] == '\0';
  for (int side = 0; side < 2; side++)
    if (zeros[side] >= 3 && 10 * zeros[side] >= 4 * pairs && zeros[1 - side] == 0)
      return side == 1 ? "UTF-16LE" : "UTF-16BE";
  return NULL;
}

ig_status ig_text_start_check(const char *text, size_t length, size_t *skip, ig_error *err) {
  *skip = 0;
  for (size_t m = 0; m < MARKS; m++) {
    if (length < marks[m].count || memcmp(text, marks[m].bytes, marks[m].count) != 0) continue;
    if (marks[m].encoding) return refuse_encoding(marks[m].encoding, err);
    *skip = marks[m].count;
    return IG_OK;
  }
  const char *encoding = encoding_by_zeros(text, length);
  return encoding ? refuse_encoding(encoding, err) : IG_OK;
}
