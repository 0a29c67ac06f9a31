// Which characters are letters, numbers and white space for the patterns of byte-level tokenizers:
// those of Unicode 16.0, for a newer table would give other ids.
#ifndef IG_TEXT_CHARACTER_RANGES_H
#define IG_TEXT_CHARACTER_RANGES_H
#include <stddef.h>
#include <stdint.h>

typedef struct ig_character_range {
  uint32_t first, last;
} ig_character_range;
typedef struct ig_character_ranges {
  const ig_character_range *list;  // rising
  size_t count;
} ig_character_ranges;

extern const ig_character_ranges ig_character_ranges_letters;  // \p{L}
extern const ig_character_ranges ig_character_ranges_numbers;  // \p{N}
extern const ig_character_ranges ig_character_ranges_spaces;   // \s
#endif
