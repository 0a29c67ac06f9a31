// Bytes as printable characters.
#include "text/byte_symbols.h"

enum { FIRST_MOVED = 0x100, CONTROLS = 0x21, UPPER_CONTROLS = 0x22, SOFT_HYPHEN = 0xAD };

static bool is_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != SOFT_HYPHEN);
}

// In rising order: 0x00 to 0x20, 0x7F to 0xA0, and 0xAD.
static unsigned moved_number(unsigned byte) {
  if (byte < CONTROLS) return byte;
  return byte == SOFT_HYPHEN ? CONTROLS + UPPER_CONTROLS : byte - 0x7F + CONTROLS;
}

size_t ig_byte_symbols_write(unsigned char byte, char symbol[IG_BYTE_SYMBOLS_MAX]) {
  const unsigned code = is_itself(byte) ? byte : FIRST_MOVED + moved_number(byte);
  if (code < 0x80) {
    symbol[0] = (char)code;
    return 1;
  }
  symbol[0] = (char)(0xC0 | code >> 6);
  symbol[1] = (char)(0x80 | (code & 0x3F));
  return 2;
}

int ig_byte_symbols_byte(uint32_t code) {
  if (code < FIRST_MOVED) return is_itself(code) ? (int)code : -1;
  const uint32_t number = code - FIRST_MOVED;
  if (number < CONTROLS) return (int)number;
  if (number < CONTROLS + UPPER_CONTROLS) return (int)(number - CONTROLS + 0x7F);
  return number == CONTROLS + UPPER_CONTROLS ? SOFT_HYPHEN : -1;
}
