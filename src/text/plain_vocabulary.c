// A reader of the one shape of JSON that a vocabulary has (RFC 8259).
#include "text/plain_vocabulary.h"

#include <string.h>

#include "text/utf8.h"

enum {
  TOKEN_BYTES = 1024,  // of the longest token
  CODE_DIGITS = 4,     // of \uXXXX
  ID_DIGITS = 8,       // of the longest id
};

typedef struct plain_reading {
  const char *at, *end;
  char token[TOKEN_BYTES];
  size_t length;
} plain_reading;

static void skip_space(plain_reading *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
    r->at++;
}

// Takes the character, and white space around it.
static bool take(plain_reading *r, char expected) {
  skip_space(r);
  if (r->at == r->end || *r->at != expected) return false;
  r->at++;
  skip_space(r);
  return true;
}

static int hexadecimal_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The code of \uXXXX, whose \ comes next.
static bool read_code(plain_reading *r, uint32_t *code) {
  if (r->end - r->at < 2 + CODE_DIGITS || r->at[0] != '\\' || r->at[1] != 'u') return false;
  *code = 0;
  r->at += 2;
  for (int i = 0; i < CODE_DIGITS; i++) {
    const int digit = hexadecimal_digit(*r->at++);
    if (digit < 0) return false;
    *code = *code * 16 + (uint32_t)digit;
  }
  return true;
}

// One code point, which two escapes stand for where it is above U+FFFF.
static bool read_escaped_code(plain_reading *r) {
  uint32_t code, low;
  if (!read_code(r, &code) || code == 0) return false;
  if (code >= 0xD800 && code <= 0xDFFF) {
    if (code > 0xDBFF || !read_code(r, &low) || low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  r->length += ig_utf8_encode(code, r->token + r->length);
  return true;
}

static bool read_escape(plain_reading *r) {
  static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  if (r->end - r->at < 2) return false;
  if (r->at[1] == 'u') return read_escaped_code(r);
  const char *name = r->at[1] ? strchr(names, r->at[1]) : NULL;
  if (!name) return false;
  r->token[r->length++] = meant[name - names];
  r->at += 2;
  return true;
}

static bool read_token(plain_reading *r) {
  enum { ROOM = 4 };  // for one code point
  skip_space(r);
  if (r->at == r->end || *r->at++ != '"') return false;
  for (r->length = 0; r->at < r->end && *r->at != '"';) {
    if (r->length + ROOM > TOKEN_BYTES || (unsigned char)*r->at < 0x20) return false;
    if (*r->at == '\\') {
      if (!read_escape(r)) return false;
    } else {
      r->token[r->length++] = *r->at++;
    }
  }
  return r->at++ < r->end && ig_utf8_valid(r->token, r->length, NULL);
}

static bool read_id(plain_reading *r, int *id) {
  const char *begin = r->at;
  for (*id = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
    if (r->at - begin == ID_DIGITS) return false;
    *id = *id * 10 + (*r->at - '0');
  }
  return r->at > begin && (*begin != '0' || r->at == begin + 1);
}

static bool read_entry(plain_reading *r, ig_vocabulary *v) {
  int id;
  return read_token(r) && take(r, ':') && read_id(r, &id) &&
         id <= ig_vocabulary_most_id(v->count + 1) &&
         ig_vocabulary_add(v, r->token, r->length, id, NULL) == IG_OK;
}

bool ig_plain_vocabulary_read(ig_vocabulary *v, const char *text, size_t size) {
  plain_reading r = {.at = text, .end = text + size};
  if (!take(&r, '{')) return false;
  do {
    if (!read_entry(&r, v)) return false;
  } while (take(&r, ','));
  return take(&r, '}') && r.at == r.end;
}
