// Bytes as printable characters, as byte-level vocabularies write them: the bytes of printable
// Latin-1 are themselves, the 68 others are U+0100 and the characters after it (GPT-2's
// bytes_to_unicode).
#ifndef IG_TEXT_BYTE_SYMBOLS_H
#define IG_TEXT_BYTE_SYMBOLS_H
#include <stddef.h>
#include "ingot/core.h"

enum { IG_BYTE_SYMBOLS_MAX = 2 };  // bytes of a symbol in UTF-8
// The symbol of a byte in UTF-8, without a NUL. Returns its length.
size_t ig_byte_symbols_write(unsigned char byte, char symbol[IG_BYTE_SYMBOLS_MAX]);
// The byte whose symbol this character is; -1: none.
int ig_byte_symbols_byte(uint32_t code);
#endif
