#include "base/plain_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A character of UTF-8 text, or a byte that is none.
typedef struct text_character {
  uint32_t code;
  size_t length;  // in bytes
  bool valid;
} text_character;

static text_character first_character(const unsigned char *s) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const size_t length = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
  text_character c = {.code = s[0], .length = 1, .valid = length == 1};
  if (length < 2 || s[0] > 0xF4) return c;
  uint32_t code = s[0] & (0x7Fu >> length);
  for (size_t i = 1; i < length; i++) {
    if ((s[i] & 0xC0) != 0x80) return c;
    code = code << 6 | (s[i] & 0x3Fu);
  }
  if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return c;
  return (text_character){.code = code, .length = length, .valid = true};
}

// Control characters (C0, DEL, C1), separators of lines and paragraphs, and what reverses or
// isolates the order in which text is shown (Unicode 15, UAX 9, section 2).
static bool changes_display(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

// What stands for a character in clean text; NUL: the character itself.
static char replacement(const text_character *c) {
  return !c->valid ? '?' : changes_display(c->code) ? ' ' : '\0';
}

void ig_clean_text(char *text, bool keep_lines) {
  if (!text) return;
  const unsigned char *from = (const unsigned char *)text;
  char *to = text;
  while (*from) {
    const text_character c = first_character(from);
    const bool kept = keep_lines && (*from == '\n' || *from == '\t');
    const char instead = kept ? '\0' : replacement(&c);
    if (instead) {
      *to++ = instead;
    } else {
      memmove(to, from, c.length);
      to += c.length;
    }
    from += c.length;
  }
  *to = '\0';
}

void ig_plain_text_print(FILE *out, const char *text) {
  for (const unsigned char *from = (const unsigned char *)text; *from;) {
    const text_character c = first_character(from);
    const char instead = replacement(&c);
    if (instead)
      fputc(instead, out);
    else
      fwrite(from, 1, c.length, out);
    from += c.length;
  }
}

// The bytes that the text takes with its escapes. out NULL: only counts.
static size_t write_escaped(const char *json, char *out) {
  size_t size = 0;
  for (const unsigned char *from = (const unsigned char *)json; *from;) {
    const text_character c = first_character(from);
    if (c.valid && c.code >= 0x7F && changes_display(c.code)) {
      if (out) snprintf(out + size, 7, "\\u%04x", (unsigned)(c.code & 0xFFFF));
      size += 6;
    } else {
      if (out) memcpy(out + size, from, c.length);
      size += c.length;
    }
    from += c.length;
  }
  return size;
}

char *ig_plain_text_in_json(char *json) {
  if (!json) return NULL;
  const size_t size = write_escaped(json, NULL);
  if (size == strlen(json)) return json;
  char *escaped = malloc(size + 1);
  if (escaped) {
    write_escaped(json, escaped);
    escaped[size] = '\0';
  }
  free(json);
  return escaped;
}
