// Products of operands rounded to bfloat16 on the tiles of AMX: each number is one part.
#include "kernel/x86_avx512/vector_avx512.h"
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"

#define PARTS 1
#define PART_PRODUCTS \
  {                   \
    { 0, 0 }          \
  }

// Rounds to nearest, halves to even.
VEC_INLINE vec take_part(vec *x, size_t part) {
  (void)part;
  const __m512i rounded = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(*x));
  return _mm512_castsi512_ps(_mm512_slli_epi32(rounded, 16));
}
#include "kernel/x86_amx/part_tiles.h"

PART_UNIT(ig_bf16_unit_amx);
