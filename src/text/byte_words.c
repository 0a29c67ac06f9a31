// The pattern of GPT-2 without a library of regular expressions.
#include "text/byte_words.h"

#include <string.h>

#include "text/character_ranges.h"
#include "text/utf8.h"

typedef enum character_class {
  CHARACTER_CLASS_SPACE,
  CHARACTER_CLASS_LETTER,
  CHARACTER_CLASS_NUMBER,
  CHARACTER_CLASS_OTHER,
} character_class;

bool ig_byte_words_is_space(uint32_t code) {
  return ig_character_ranges_hold(&ig_character_ranges_spaces, code);
}

static character_class class_of_ascii(uint32_t code) {
  const uint32_t lower = code | 0x20;
  if (lower >= 'a' && lower <= 'z') return CHARACTER_CLASS_LETTER;
  if (code >= '0' && code <= '9') return CHARACTER_CLASS_NUMBER;
  return code == ' ' || (code >= '\t' && code <= '\r') ? CHARACTER_CLASS_SPACE
                                                       : CHARACTER_CLASS_OTHER;
}

static character_class class_of(uint32_t code) {
  if (code < 0x80) return class_of_ascii(code);
  if (ig_character_ranges_hold(&ig_character_ranges_letters, code)) return CHARACTER_CLASS_LETTER;
  if (ig_character_ranges_hold(&ig_character_ranges_numbers, code)) return CHARACTER_CLASS_NUMBER;
  return ig_byte_words_is_space(code) ? CHARACTER_CLASS_SPACE : CHARACTER_CLASS_OTHER;
}

static character_class class_at(const char *text, size_t *step) {
  return class_of(ig_utf8_decode(text, step));
}

// The length of the contraction that begins the text; 0: none does.
static size_t contraction(const char *text, size_t length) {
  static const char *const two[] = {"re", "ve", "ll"};
  if (length < 2 || text[0] != '\'') return 0;
  if (strchr("stmd", text[1]) && text[1] != '\0') return 2;
  for (size_t i = 0; length >= 3 && i < sizeof two / sizeof *two; i++)
    if (memcmp(text + 1, two[i], 2) == 0) return 3;
  return 0;
}

// Where the run of characters of this class ends that begins at `begin`. *last is where its last
// character begins.
static size_t run_end(const char *text, size_t length, size_t begin, character_class class,
                      size_t *last) {
  size_t at = begin, step;
  *last = begin;
  while (at < length && class_at(text + at, &step) == class) {
    *last = at;
    at += step;
  }
  return at;
}

// White space is a word of its own, but for its last character where text follows: that one begins
// the next word, or is a word alone.
static size_t space_length(const char *text, size_t length) {
  size_t last;
  const size_t end = run_end(text, length, 0, CHARACTER_CLASS_SPACE, &last);
  return end < length && last > 0 ? last : end;
}

size_t ig_byte_words_first(const char *text, size_t length) {
  size_t step, last;
  const size_t short_form = contraction(text, length);
  if (short_form) return short_form;
  size_t begin = 0;
  character_class class = class_at(text, &step);
  if (*text == ' ' && length > 1) {
    const character_class next = class_at(text + 1, &step);
    begin = next == CHARACTER_CLASS_SPACE ? 0 : 1;
    class = next;
  }
  if (class == CHARACTER_CLASS_SPACE) return space_length(text, length);
  return run_end(text, length, begin, class, &last);
}
