// Classes of characters as Python's regular expressions and str know them.
#ifndef IG_METRIC_CHARACTER_CLASS_H
#define IG_METRIC_CHARACTER_CLASS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "metric/codes.h"

bool ig_character_class_is_word(int32_t c);        // \w: letters, numbers and _
bool ig_character_class_is_digit(int32_t c);       // \d: decimal digits of any script
bool ig_character_class_is_mark(int32_t c);        // punctuation by Unicode (P*) or by ASCII
bool ig_character_class_is_ascii_mark(int32_t c);  // the 32 of string.punctuation
bool ig_character_class_is_han(int32_t c);         // U+4E00 to U+9FA5, the first block of CJK
bool ig_character_class_is_space(int32_t c);       // \s
// \b before the character at `at`, which may be the end.
bool ig_character_class_is_edge(const ig_codes *text, size_t at);
#endif
