#include "base/f16.h"

#include <string.h>

#include "base/float_bits.h"

float ig_f16_to_float(uint16_t x) {
  const uint32_t sign = (uint32_t)(x & 0x8000u) << 16;
  const uint32_t exponent = (x >> 10) & 0x1Fu, mantissa = x & 0x3FFu;
  if (exponent == 0x1F)  // infinity or NaN
    return ig_float_bits_to_float(sign | 0x7F800000u | (mantissa << 13));
  if (exponent != 0)
    return ig_float_bits_to_float(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float magnitude = (float)mantissa * 0x1p-24f;  // subnormal or zero: exact
  return ig_float_bits_to_float(sign | ig_float_bits(magnitude));
}

uint16_t ig_f16_from_float(float x) {
  const uint32_t bits = ig_float_bits(x), sign = (bits >> 16) & 0x8000u;
  uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u)  // NaN
    return (uint16_t)(sign | 0x7E00u | ((magnitude >> 13) & 0x3FFu));
  if (magnitude >= 0x477FF000u)  // 65520 and more round to infinity
    return (uint16_t)(sign | 0x7C00u);
  if (magnitude < 0x33000000u) return (uint16_t)sign;  // below 2^-25: zero
  if (magnitude < 0x38800000u) {                       // below 2^-14: subnormal
    const uint32_t mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
    const uint32_t shift = 126u - (magnitude >> 23), half = 1u << (shift - 1u);
    const uint32_t rest = mantissa & ((1u << shift) - 1u);
    uint32_t kept = mantissa >> shift;
    kept += rest > half || (rest == half && (kept & 1u));
    return (uint16_t)(sign | kept);
  }
  magnitude += 0xFFFu + ((magnitude >> 13) & 1u);
  return (uint16_t)(sign | ((magnitude - (112u << 23)) >> 13));
}

void ig_f16_to_floats(size_t count, const void *from, float *to) {
  for (size_t i = 0; i < count; i++) {
    uint16_t x;
    memcpy(&x, (const char *)from + 2 * i, sizeof x);
    to[i] = ig_f16_to_float(x);
  }
}
