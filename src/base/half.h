// bfloat16 and IEEE half precision to and from float, one value at a time: round to nearest even, NaN stays NaN, subnormals kept.
#ifndef IG_BASE_HALF_H
#define IG_BASE_HALF_H
#include <stdint.h>
float ig_bf16_to_float(uint16_t x);
uint16_t ig_float_to_bf16(float x);
float ig_f16_to_float(uint16_t x);
uint16_t ig_float_to_f16(float x);
#endif
