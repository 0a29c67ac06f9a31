// Rewriting numbers that strict JSON lacks, and back; and writing reals in few digits.
#include "io/json_numbers.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/size.h"

// No text in use holds DEL, and JSON writes it as it is.
#define MARK '\x7f'

static const char *const words[] = {"Infinity", "-Infinity", "NaN"};
enum { WORDS = sizeof words / sizeof *words };

typedef struct number_rewriting {
  const char *from, *end;
  char *to;
  bool changed;
} number_rewriting;

static void copy_bytes(number_rewriting *r, size_t count) {
  memcpy(r->to, r->from, count);
  r->to += count;
  r->from += count;
}

// A string with its quotes.
static void copy_string(number_rewriting *r) {
  copy_bytes(r, 1);
  while (r->from < r->end && *r->from != '"')
    copy_bytes(r, *r->from == '\\' && r->end - r->from > 1 ? 2 : 1);
  if (r->from < r->end) copy_bytes(r, 1);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool continues_number(char c) {
  return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

// Digits alone, perhaps with a sign, of a number that 64 bits do not hold.
static bool is_large_integer(const char *number, size_t length) {
  char digits[32];
  if (*number == '-' ? length < 20 : length < 19) return false;
  for (size_t i = *number == '-'; i < length; i++)
    if (!is_digit(number[i])) return false;
  if (length >= sizeof digits) return true;
  memcpy(digits, number, length);
  digits[length] = '\0';
  errno = 0;
  strtoll(digits, NULL, 10);
  return errno == ERANGE;
}

static void copy_number(number_rewriting *r) {
  const char *number = r->from;
  size_t length = 1;
  while (number + length < r->end && continues_number(number[length])) length++;
  copy_bytes(r, length);
  if (!is_large_integer(number, length)) return;
  memcpy(r->to, ".0", 2);
  r->to += 2;
  r->changed = true;
}

static bool continues_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool is_key(const number_rewriting *r, const char *after) {
  while (after < r->end && strchr(" \t\r\n", *after)) after++;
  return after < r->end && *after == ':';
}

// A run of letters, perhaps with a sign before it.
static void copy_word(number_rewriting *r) {
  const char *word = r->from;
  size_t length = 1;
  while (word + length < r->end && continues_word(word[length])) length++;
  bool marked = false;
  for (int i = 0; i < WORDS && !is_key(r, word + length); i++)
    marked = marked || (strlen(words[i]) == length && memcmp(word, words[i], length) == 0);
  if (marked) {
    *r->to++ = '"';
    *r->to++ = MARK;
  }
  copy_bytes(r, length);
  if (marked) *r->to++ = '"';
  r->changed = r->changed || marked;
}

static void rewrite_next(number_rewriting *r) {
  const char c = *r->from, next = r->end - r->from > 1 ? r->from[1] : '\0';
  if (c == '"')
    copy_string(r);
  else if (is_digit(c) || (c == '-' && is_digit(next)))
    copy_number(r);
  else if (continues_word(c) || (c == '-' && continues_word(next)))
    copy_word(r);
  else
    copy_bytes(r, 1);
}

// No token becomes more than twice as long: the shortest that grows is NaN, by three bytes.
char *ig_json_numbers_rewrite(const char *text, size_t size, size_t *out_size, bool *changed) {
  size_t room;
  *changed = false;
  char *out = ig_size_multiply(size, 2, &room) ? ig_allocate(room + 1, 1, NULL) : NULL;
  if (!out) return NULL;
  number_rewriting r = {.from = text, .end = text + size, .to = out};
  while (r.from < r.end) rewrite_next(&r);
  *changed = r.changed;
  *out_size = (size_t)(r.to - out);
  if (r.changed) return out;
  free(out);
  return NULL;
}

const char *ig_json_numbers_word(const char *string) {
  if (!string || *string != MARK) return NULL;
  for (int i = 0; i < WORDS; i++)
    if (strcmp(string + 1, words[i]) == 0) return string + 1;
  return NULL;
}

// The word whose marked string begins at text; NULL: none does.
static const char *marked_word(const char *text) {
  if (text[0] != '"' || text[1] != MARK) return NULL;
  for (int i = 0; i < WORDS; i++) {
    const size_t length = strlen(words[i]);
    if (strncmp(text + 2, words[i], length) == 0 && text[2 + length] == '"') return words[i];
  }
  return NULL;
}

void ig_json_numbers_restore(char *text) {
  char *to = text;
  for (const char *from = text; *from;) {
    const char *word = marked_word(from);
    const size_t length = word ? strlen(word) : 1;
    memmove(to, word ? from + 2 : from, length);
    to += length;
    from += word ? length + 3 : 1;
  }
  *to = '\0';
}

// ---- few digits -------------------------------------------------------------

enum { REAL_TEXT = 32 };

static bool reads_back(const char *text, double value, bool floats) {
  return floats ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

// As Python's repr: an exponent below 1e-4 and from 1e16 on alone, and always a point or an
// exponent.
static void format_real(double value, bool floats, char out[REAL_TEXT]) {
  const int most = floats ? 9 : 17;
  // Any number of so many digits reads back to them, but for the smallest ones, which have fewer
  // bits.
  const int least = fabs(value) < (floats ? 1e-37 : 1e-300) ? 1 : floats ? 6 : 15;
  for (int digits = least; digits <= most; digits++) {
    snprintf(out, REAL_TEXT, "%.*g", digits, value);
    if (reads_back(out, value, floats)) break;
  }
  if (strchr(out, 'e') && fabs(value) >= 1e-4 && fabs(value) < 1e16)
    snprintf(out, REAL_TEXT, "%.0f", value);
  if (!strpbrk(out, ".e")) strcat(out, ".0");
}

static bool begins_number(const number_rewriting *r) {
  return is_digit(*r->from) || (*r->from == '-' && is_digit(r->from[1]));
}

// Bytes of the number here, and whether it is a real.
static size_t measure_number(const number_rewriting *r, bool *real) {
  size_t length = 0;
  *real = false;
  do {
    *real = *real || (r->from[length] != '-' && !is_digit(r->from[length]));
    length++;
  } while (r->from + length < r->end && continues_number(r->from[length]));
  return length;
}

// Integers stay as they are.
static void shorten_number(number_rewriting *r, bool floats) {
  char text[REAL_TEXT];
  bool real;
  const size_t length = measure_number(r, &real);
  if (!real) {
    copy_bytes(r, length);
    return;
  }
  format_real(strtod(r->from, NULL), floats, text);
  const size_t size = strlen(text);
  memcpy(r->to, text, size);
  r->to += size;
  r->from += length;
}

static void skip_string(number_rewriting *r) {
  r->from++;
  while (r->from < r->end && *r->from != '"')
    r->from += *r->from == '\\' && r->end - r->from > 1 ? 2 : 1;
  if (r->from < r->end) r->from++;
}

// Bytes that are enough: a real may become longer where an exponent is written out (1e5 as
// 100000.0), or is written in place of digits.
static size_t enough_for(const char *text) {
  number_rewriting r = {.from = text, .end = text + strlen(text)};
  size_t bytes = strlen(text) + 1;
  while (r.from < r.end) {
    bool real = false;
    if (*r.from == '"')
      skip_string(&r);
    else
      r.from += begins_number(&r) ? measure_number(&r, &real) : 1;
    if (real) bytes += REAL_TEXT;
  }
  return bytes;
}

char *ig_json_numbers_shorten(const char *text, bool floats) {
  char *out = ig_allocate(enough_for(text), 1, NULL);
  if (!out) return NULL;
  number_rewriting r = {.from = text, .end = text + strlen(text), .to = out};
  while (r.from < r.end) {
    if (*r.from == '"')
      copy_string(&r);
    else if (begins_number(&r))
      shorten_number(&r, floats);
    else
      copy_bytes(&r, 1);
  }
  *r.to = '\0';
  return out;
}
