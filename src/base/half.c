// bfloat16 and IEEE 754 binary16, in integer arithmetic: the same bits on every machine.
#include "base/half.h"

#include <string.h>

#include "base/vectors.h"

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

float ig_bf16_to_float(uint16_t x) { return float_of((uint32_t)x << 16); }

uint16_t ig_bf16_from_float(float x) {
  uint32_t bits = bits_of(x);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
    return (uint16_t)((bits >> 16) | 0x0040u);  // NaN: quiet, never rounded into infinity
  bits += 0x7FFFu + ((bits >> 16) & 1u);        // nearest, ties to even
  return (uint16_t)(bits >> 16);
}

float ig_f16_to_float(uint16_t x) {
  uint32_t sign = (uint32_t)(x & 0x8000u) << 16, exponent = (x >> 10) & 0x1Fu,
           mantissa = x & 0x3FFu;
  if (exponent == 0x1F) return float_of(sign | 0x7F800000u | (mantissa << 13));
  if (exponent != 0) return float_of(sign | ((exponent + 112) << 23) | (mantissa << 13));
  float magnitude = (float)mantissa * 0x1p-24f;  // subnormal or zero: exact
  return float_of(sign | bits_of(magnitude));
}

uint16_t ig_f16_from_float(float x) {
  uint32_t bits = bits_of(x), sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u)
    return (uint16_t)(sign | 0x7E00u | ((magnitude >> 13) & 0x3FFu));  // NaN
  if (magnitude >= 0x477FF000u)
    return (uint16_t)(sign | 0x7C00u);                   // 65520 and more round to infinity
  if (magnitude < 0x38800000u) {                         // below 2^-14: subnormal
    if (magnitude < 0x33000000u) return (uint16_t)sign;  // below 2^-25: zero
    uint32_t mantissa = (magnitude & 0x7FFFFFu) | 0x800000u, shift = 126u - (magnitude >> 23);
    uint32_t kept = mantissa >> shift, rest = mantissa & ((1u << shift) - 1u),
             half = 1u << (shift - 1u);
    kept += rest > half || (rest == half && (kept & 1u));
    return (uint16_t)(sign | kept);
  }
  magnitude += 0xFFFu + ((magnitude >> 13) & 1u);
  return (uint16_t)(sign | ((magnitude - (112u << 23)) >> 13));
}

static uint16_t half_at(const void *from, size_t i) {
  uint16_t x;
  memcpy(&x, (const char *)from + 2 * i, sizeof x);
  return x;
}

IG_VECTORS void ig_bf16_to_floats(size_t count, const void *from, float *to) {
  for (size_t i = 0; i < count; i++) to[i] = float_of((uint32_t)half_at(from, i) << 16);
}

// Without branches, so that it becomes vector instructions.
IG_VECTORS void ig_bf16_from_floats(size_t count, const float *restrict from,
                                    uint16_t *restrict to) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t bits = bits_of(from[i]), rounded = bits + 0x7FFFu + (bits >> 16 & 1u),
                   nan = bits | 0x00400000u;
    to[i] = (uint16_t)(((bits & 0x7FFFFFFFu) > 0x7F800000u ? nan : rounded) >> 16);
  }
}

void ig_f16_to_floats(size_t count, const void *from, float *to) {
  for (size_t i = 0; i < count; i++) to[i] = ig_f16_to_float(half_at(from, i));
}
