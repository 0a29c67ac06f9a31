// Whole numbers as files store them, the lowest byte first.
#ifndef IG_IO_LITTLE_ENDIAN_H
#define IG_IO_LITTLE_ENDIAN_H
#include <stdint.h>

// bytes (count), count from 0 to 8.
static inline uint64_t ig_little_endian_read(const unsigned char *bytes, int count) {
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; i--) value = value << 8 | bytes[i];
  return value;
}

// bytes (count), count from 0 to 8.
static inline void ig_little_endian_write(unsigned char *bytes, uint64_t value, int count) {
  for (int i = 0; i < count; i++) bytes[i] = (unsigned char)(value >> (8 * i));
}
#endif
