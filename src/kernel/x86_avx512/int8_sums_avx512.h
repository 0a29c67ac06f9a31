// Sums of int8 products with AVX-512: a panel's sixteen columns are one vector.
#ifndef IG_KERNEL_X86_AVX512_INT8_SUMS_AVX512_H
#define IG_KERNEL_X86_AVX512_INT8_SUMS_AVX512_H
#include "kernel/x86_avx512/vector_avx512.h"

#define INT8_WEIGHTS_SHIFTED 1
typedef __m512i int8_vec;
VEC_INLINE int8_vec int8_set(int32_t x) { return _mm512_set1_epi32(x); }
VEC_INLINE int8_vec int8_add(int8_vec a, int8_vec b) { return _mm512_add_epi32(a, b); }
VEC_INLINE vec int8_to_float(int8_vec a) { return _mm512_cvtepi32_ps(a); }
#include "kernel/simd/int8_sums.h"
#endif
