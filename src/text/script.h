// How the script of a text separates words.
#ifndef IG_TEXT_SCRIPT_H
#define IG_TEXT_SCRIPT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ig_script {
  IG_SCRIPT_SPACED,   // white space stands between words: most scripts
  IG_SCRIPT_CHINESE,  // Han characters without kana: each is taken for a word
  // Nothing stands between words: Japanese, Thai, Lao, Khmer, Burmese, Tibetan and their kin.
  IG_SCRIPT_UNSPACED,
} ig_script;

// Of most letters of the lines, which are valid UTF-8 and NUL-terminated.
ig_script ig_script_of(const char *const *lines, size_t count);
// Is it a letter of a script without spaces between words, Chinese and Japanese among them?
bool ig_script_is_unspaced(uint32_t code);
#endif
