// bfloat16 and IEEE half precision to and from float, one value at a time: round to nearest even,
// NaN stays NaN, subnormals kept.
#ifndef IG_BASE_HALF_H
#define IG_BASE_HALF_H
#include <stddef.h>
#include <stdint.h>
float ig_bf16_to_float(uint16_t x);
uint16_t ig_bf16_from_float(float x);
float ig_f16_to_float(uint16_t x);
uint16_t ig_f16_from_float(float x);
// count values from anywhere in memory, little-endian as in a file.
void ig_bf16_to_floats(size_t count, const void *from, float *to);
void ig_f16_to_floats(size_t count, const void *from, float *to);
void ig_bf16_from_floats(size_t count, const float *from, uint16_t *to);
#endif
