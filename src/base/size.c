#include "base/size.h"

#include <stdint.h>

bool ig_size_multiply(size_t a, size_t b, size_t *out) {
  if (b != 0 && a > SIZE_MAX / b) return false;
  *out = a * b;
  return true;
}

bool ig_size_add(size_t a, size_t b, size_t *out) {
  if (a > SIZE_MAX - b) return false;
  *out = a + b;
  return true;
}

bool ig_size_of(uint64_t value, size_t *out) {
  if (value > SIZE_MAX) return false;
  *out = (size_t)value;
  return true;
}
