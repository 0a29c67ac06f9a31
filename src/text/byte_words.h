// Text cut into words as byte-level tokenizers cut it, after the pattern of GPT-2:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// A word has the space before it; no character of the text is left out.
#ifndef IG_TEXT_BYTE_WORDS_H
#define IG_TEXT_BYTE_WORDS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The length of the word that begins the text, which is valid UTF-8 and not empty.
size_t ig_byte_words_first(const char *text, size_t length);
// White space as Unicode defines it, without the separators U+001C to U+001F.
bool ig_byte_words_is_space(uint32_t code);
#endif
