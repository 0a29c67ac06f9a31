// IEEE 754 half precision (binary16) to and from float, in integer arithmetic: the same bits on
// every machine. Rounds to nearest, ties to even; NaN stays NaN; subnormals are kept.
#ifndef IG_BASE_F16_H
#define IG_BASE_F16_H
#include <stddef.h>
#include <stdint.h>
float ig_f16_to_float(uint16_t x);
uint16_t ig_f16_from_float(float x);
// `count` values from any address, aligned or not, little-endian as in a file.
void ig_f16_to_floats(size_t count, const void *from, float *to);
#endif
