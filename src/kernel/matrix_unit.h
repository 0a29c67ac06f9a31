// Products of float32 matrices on matrix units that multiply bfloat16 and add in float32 (Intel
// AMX).
//
// Each operand is the sum of three bfloat16 parts, x = x0 + x1 + x2, of 8 bits of the significand
// each. A product is the sum of the six products of parts whose numbers add up to 2 at most: x0y0 +
// x0y1 + x1y0 + x0y2 + x1y1 + x2y0. What is left out is below 2^-23 |x||y|, about float32's own
// rounding (Henry, Tang & Heinecke 2019, "Leveraging the bfloat16 Artificial Intelligence Datatype
// For Higher-Precision Computations": BF16x6). The unit is sixteen times as fast as vectors, so six
// products take less than half of a vector product's time.
//
// The error class of multiply is [bounded]. A magnitude below 2^-126 counts as zero; infinite
// values give NaN.
#ifndef IG_KERNEL_MATRIX_UNIT_H
#define IG_KERNEL_MATRIX_UNIT_H
#include "kernel/product_unit.h"

extern const ig_product_unit ig_matrix_unit_amx;  // where the compiler knows AMX (IG_AMX)
#endif
