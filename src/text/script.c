// Counts letters by the blocks of Unicode 15 that they are in.
#include "text/script.h"

#include <stdint.h>
#include <string.h>

#include "text/utf8.h"

typedef enum letter_kind {
  LETTER_NONE,
  LETTER_SPACED,
  LETTER_HAN,
  LETTER_KANA,
  LETTER_UNSPACED
} letter_kind;

typedef struct letter_block {
  uint32_t first, last;
  letter_kind kind;
} letter_block;

static const letter_block blocks[] = {
    {0x0E00, 0x0EFF, LETTER_UNSPACED},  // Thai, Lao
    {0x0F00, 0x0FFF, LETTER_UNSPACED},  // Tibetan: a mark stands after each syllable
    {0x1000, 0x109F, LETTER_UNSPACED},  // Myanmar
    {0x1780, 0x17FF, LETTER_UNSPACED},  // Khmer
    {0x1950, 0x19FF, LETTER_UNSPACED},  // Tai Le, New Tai Lue, Khmer symbols
    {0x1A20, 0x1AAF, LETTER_UNSPACED},  // Tai Tham
    {0x1B00, 0x1B7F, LETTER_UNSPACED},  // Balinese
    {0x2E80, 0x2FDF, LETTER_HAN},       // radicals
    {0x3005, 0x3007, LETTER_HAN},       // iteration mark, zero
    {0x3040, 0x30FF, LETTER_KANA},      // Hiragana, Katakana
    {0x31F0, 0x31FF, LETTER_KANA},      // Katakana extensions
    {0x3400, 0x4DBF, LETTER_HAN},       // extension A
    {0x4E00, 0x9FFF, LETTER_HAN},       // unified ideographs
    {0xA000, 0xA4CF, LETTER_UNSPACED},  // Yi
    {0xA980, 0xA9DF, LETTER_UNSPACED},  // Javanese
    {0xAA00, 0xAA5F, LETTER_UNSPACED},  // Cham
    {0xAA60, 0xAA7F, LETTER_UNSPACED},  // Myanmar extended A
    {0xAA80, 0xAADF, LETTER_UNSPACED},  // Tai Viet
    {0xF900, 0xFAFF, LETTER_HAN},       // compatibility ideographs
    {0xFF66, 0xFF9D, LETTER_KANA},      // half-width Katakana
    {0x1B000, 0x1B16F, LETTER_KANA},    // kana supplements
    {0x20000, 0x323AF, LETTER_HAN},     // extensions B to H
};

// Punctuation and digits of ASCII, general punctuation and full-width signs belong to no script.
static letter_kind kind_of(uint32_t code) {
  if (code < 'A' || (code > 'Z' && code < 'a') || (code > 'z' && code < 0xC0)) return LETTER_NONE;
  if (code >= 0x2000 && code < 0x2C00) return LETTER_NONE;
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
    if (code >= blocks[i].first && code <= blocks[i].last) return blocks[i].kind;
  const bool sign =
      (code >= 0x3000 && code < 0x3040) || (code >= 0xFE00 && code < 0xFF66) || code >= 0x1F000;
  return sign ? LETTER_NONE : LETTER_SPACED;
}

bool ig_script_is_unspaced(uint32_t code) {
  const letter_kind kind = kind_of(code);
  return kind == LETTER_HAN || kind == LETTER_KANA || kind == LETTER_UNSPACED;
}

ig_script ig_script_of(const char *const *lines, size_t count) {
  uint64_t letters[LETTER_UNSPACED + 1] = {0};
  for (size_t i = 0; i < count; i++) {
    const size_t length = strlen(lines[i]);
    for (size_t at = 0; at < length;) {
      size_t step;
      letters[kind_of(ig_utf8_decode(lines[i] + at, &step))]++;
      at += step;
    }
  }
  const uint64_t unspaced = letters[LETTER_HAN] + letters[LETTER_KANA] + letters[LETTER_UNSPACED];
  if (unspaced <= letters[LETTER_SPACED]) return IG_SCRIPT_SPACED;
  // Chinese text may quote a kana; a twentieth of them is Japanese.
  const bool chinese = letters[LETTER_HAN] > letters[LETTER_UNSPACED] &&
                       letters[LETTER_KANA] * 20 < letters[LETTER_HAN];
  return chinese ? IG_SCRIPT_CHINESE : IG_SCRIPT_UNSPACED;
}
