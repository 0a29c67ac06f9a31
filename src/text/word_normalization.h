// How a text is made ready for WordPiece, as BertNormalizer of Hugging Face tokenizers 0.23 does it
// (normalizers/bert.rs): cleaned, ideographs set apart, accents stripped, lower case; in this
// order.
#ifndef IG_TEXT_WORD_NORMALIZATION_H
#define IG_TEXT_WORD_NORMALIZATION_H
#include "text/mapped_text.h"

typedef struct ig_word_normalization {
  bool cleans;          // controls are dropped, and all white space is a space
  bool sets_apart;      // an ideograph has a space before and after it
  bool strips_accents;  // NFD, without marks that have no width
  bool lowers;
} ig_word_normalization;
// Appends the normalized text to out.
ig_status ig_word_normalization_apply(const ig_word_normalization *how, const ig_mapped_text *in,
                                      ig_mapped_text *out, ig_error *err);
// Whether a word ends at this character, and is a word of its own: ASCII's signs, and punctuation.
bool ig_word_normalization_is_sign(uint32_t code);
// Whether it is a word of its own where ideographs are set apart.
bool ig_word_normalization_is_word(uint32_t code);
#endif
