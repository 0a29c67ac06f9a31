// The matrix unit of AMX: three parts of each number, of which six products count.
#include "kernel/matrix_unit.h"

#include "kernel/x86_avx512/vector_avx512.h"
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"

#define PARTS 3
// This order loads the fewest tiles.
#define PART_PRODUCTS                                \
  {                                                  \
    {0, 2}, {0, 1}, {0, 0}, {1, 0}, {1, 1}, { 2, 0 } \
  }

static inline vec upper_half(__m512i x) {
  return _mm512_castsi512_ps(_mm512_and_si512(x, _mm512_set1_epi32((int)0xffff0000)));
}

// The nearest bfloat16, halves rounded away from zero. The third part is all that is left, which is
// a bfloat16 already. Only where it is subnormal does it have lower bits; it counts as zero then.
VEC_INLINE vec take_part(vec *x, size_t part) {
  const __m512i half = _mm512_set1_epi32(part == PARTS - 1 ? 0 : 0x8000);
  const vec taken = upper_half(_mm512_add_epi32(_mm512_castps_si512(*x), half));
  *x = vec_subtract(*x, taken);
  return taken;
}
#include "kernel/x86_amx/part_tiles.h"

PART_UNIT(ig_matrix_unit_amx);
