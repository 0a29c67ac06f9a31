// bfloat16 (the upper half of a float) to and from float, in integer arithmetic: the same bits on
// every machine. Rounds to nearest, ties to even; NaN stays NaN; subnormals are kept.
#ifndef IG_BASE_BF16_H
#define IG_BASE_BF16_H
#include <stddef.h>
#include <stdint.h>
float ig_bf16_to_float(uint16_t x);
uint16_t ig_bf16_from_float(float x);
// `count` values from any address, aligned or not, little-endian as in a file.
void ig_bf16_to_floats(size_t count, const void *from, float *to);
void ig_bf16_from_floats(size_t count, const float *from, uint16_t *to);
#endif
