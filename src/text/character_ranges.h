// Which characters are letters, numbers and white space for the patterns of byte-level tokenizers:
// those of Unicode 16.0, for a newer table would give other ids; and classes that other steps of
// Hugging Face tokenizers 0.23 ask for, each as old as there.
#ifndef IG_TEXT_CHARACTER_RANGES_H
#define IG_TEXT_CHARACTER_RANGES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ig_character_range {
  uint32_t first, last;
} ig_character_range;
typedef struct ig_character_ranges {
  const ig_character_range *list;  // rising
  size_t count;
} ig_character_ranges;

extern const ig_character_ranges ig_character_ranges_letters;      // \p{L}
extern const ig_character_ranges ig_character_ranges_numbers;      // \p{N}
extern const ig_character_ranges ig_character_ranges_spaces;       // \s
extern const ig_character_ranges ig_character_ranges_words;        // \w, of Unicode 16.0
extern const ig_character_ranges ig_character_ranges_digits;       // N*, of Unicode 17.0
extern const ig_character_ranges ig_character_ranges_punctuation;  // ASCII's signs; P* of 8.0
extern const ig_character_ranges ig_character_ranges_marks;        // M*, of Unicode 9.0
// What BertNormalizer drops, both of Unicode 8.0: controls (Cc, Cf, Co, U+FFFD) that are no white
// space, and marks without a width (Mn).
extern const ig_character_ranges ig_character_ranges_controls;
extern const ig_character_ranges ig_character_ranges_accents;
// Newer than Unicode 9.0, and decomposed or reordered by normalization since.
extern const ig_character_ranges ig_character_ranges_inert;

bool ig_character_ranges_hold(const ig_character_ranges *ranges, uint32_t code);
#endif
