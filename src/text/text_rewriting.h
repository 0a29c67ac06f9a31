// A text that is rewritten character by character, and where the new characters come from, as the
// normalizers of Hugging Face tokenizers 0.23 keep it (tokenizer/normalizer.rs, transform).
#ifndef IG_TEXT_TEXT_REWRITING_H
#define IG_TEXT_TEXT_REWRITING_H
#include "text/mapped_text.h"

// A character of the result. It consumes the next character of the source, and some more, of which
// it has the source of the first; or, as an extra one, it shares what was consumed last.
typedef struct ig_rewritten_character {
  char bytes[4];
  unsigned char length;
  int consumed;  // 0: an extra one
} ig_rewritten_character;
typedef struct ig_text_rewriting {
  ig_rewritten_character *list;
  size_t count, capacity;
} ig_text_rewriting;  // start from {0}; ig_text_rewriting_free
void ig_text_rewriting_free(ig_text_rewriting *rewriting);
// bytes: a character in UTF-8.
ig_status ig_text_rewriting_add(ig_text_rewriting *rewriting, const char *bytes, size_t length,
                                int consumed, ig_error *err);
// Appends the result to out.
ig_status ig_text_rewriting_write(const ig_text_rewriting *rewriting, const ig_mapped_text *in,
                                  ig_mapped_text *out, ig_error *err);
#endif
