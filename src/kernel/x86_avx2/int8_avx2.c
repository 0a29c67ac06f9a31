// The product of int8 values with AVX2: a panel is two vectors. vpmaddubsw multiplies unsigned by
// signed bytes and adds pairs in 16 bits, with saturation. With |a| as the unsigned operand and w
// with the sign of a as the signed one, a pair is at most 2 * 127 * 127 = 32,258, so that nothing
// saturates and the sums are exact.
#include "kernel/x86_avx2/vector_avx2.h"
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/simd/int8_four.h"

#define INT8_VECTORS 2
#define INT8_ROWS 4
#define INT8_WEIGHTS_SHIFTED 0
typedef __m256i int8_vec, int8_weights;
typedef struct int8_values {
  __m256i value, absolute;
} int8_values;
VEC_INLINE int8_vec int8_zero(void) { return _mm256_setzero_si256(); }
VEC_INLINE int8_vec int8_set(int32_t x) { return _mm256_set1_epi32(x); }
VEC_INLINE int8_vec int8_add(int8_vec a, int8_vec b) { return _mm256_add_epi32(a, b); }
VEC_INLINE vec int8_to_float(int8_vec a) { return _mm256_cvtepi32_ps(a); }
// Takes the shift off again: subtracting 128 from a byte flips its highest bit.
VEC_INLINE int8_weights int8_load(const uint8_t *p) {
  return _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)p),
                          _mm256_set1_epi8((char)0x80));
}
VEC_INLINE int8_values int8_broadcast(const int8_t *p) {
  const __m256i value = _mm256_set1_epi32(int8_four(p));
  return (int8_values){value, _mm256_abs_epi8(value)};
}
VEC_INLINE int8_vec int8_dot(int8_vec sum, int8_weights w, int8_values a) {
  const __m256i pairs = _mm256_maddubs_epi16(a.absolute, _mm256_sign_epi8(w, a.value));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
#include "kernel/simd/int8_tiles.h"

// clang-format off
INT8_TILE(1, 1) INT8_TILE(2, 1) INT8_TILE(3, 1) INT8_TILE(4, 1)
    // clang-format on
    static const int8_tile_function int8_tile_functions[INT8_ROWS] = {
        multiply_1_rows, multiply_2_rows, multiply_3_rows, multiply_4_rows};

void ig_int8_multiply_avx2(const ig_int8_tile *tile) { multiply_int8(tile); }
