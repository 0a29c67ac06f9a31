// Four bytes as one number, wherever they lie.
#ifndef IG_KERNEL_SIMD_INT8_FOUR_H
#define IG_KERNEL_SIMD_INT8_FOUR_H
#include <stdint.h>
#include <string.h>

static inline int32_t int8_four(const int8_t *p) {
  int32_t four;
  memcpy(&four, p, sizeof four);
  return four;
}
#endif
