// Writing JSON strings (RFC 8259, section 7) and numbers.
#include "json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// The bytes of a character that changes what a terminal shows besides itself (ig_clean_text): DEL,
// U+0080 to U+009F, U+2028 to U+202E, U+2066 to U+2069. 0: it is none.
static size_t hidden_length(const unsigned char *p) {
  if (*p == 0x7F) return 1;
  if (*p == 0xC2 && p[1] >= 0x80 && p[1] <= 0x9F) return 2;
  if (*p != 0xE2) return 0;
  const bool listed = (p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) ||
                      (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9);
  return listed ? 3 : 0;
}

// Writes it as an escape, which means the same. Returns its last byte.
static const unsigned char *write_hidden(FILE *file, const unsigned char *p) {
  const size_t length = hidden_length(p);
  const unsigned code = length == 1   ? p[0]
                        : length == 2 ? (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu)
                                      : (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
  fprintf(file, "\\u%04x", code);
  return p + length - 1;
}

void cli_json_string(FILE *file, const char *text) {
  fputc('"', file);
  for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
    if (*p == '"' || *p == '\\')
      fprintf(file, "\\%c", *p);
    else if (*p == '\n')
      fputs("\\n", file);
    else if (*p < 0x20)
      fprintf(file, "\\u%04x", *p);
    else if (hidden_length(p) > 0)
      p = write_hidden(file, p);
    else
      fputc(*p, file);
  }
  fputc('"', file);
}

void cli_json_number(FILE *file, double number) {
  char text[40];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  fputs(text, file);
  if (strpbrk(text, ".e") == NULL) fputs(".0", file);
}
