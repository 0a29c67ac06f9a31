// The product of int8 values with AVX-512 VNNI: a panel is one vector.
#include "kernel/x86_avx512/vector_avx512.h"
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/x86_avx512/int8_sums_avx512.h"

#define INT8_VECTORS 1
#define INT8_ROWS 8
typedef __m512i int8_weights;
typedef const int8_t *int8_values;
VEC_INLINE int8_vec int8_zero(void) { return _mm512_setzero_si512(); }
VEC_INLINE int8_weights int8_load(const uint8_t *p) { return _mm512_loadu_si512(p); }
// The instruction itself repeats the four values for all lanes.
VEC_INLINE int8_values int8_broadcast(const int8_t *p) { return p; }
// Written as an instruction, for gcc 12 copies the sums of the intrinsic function from register to
// register, which costs a third of the speed.
VEC_INLINE int8_vec int8_dot(int8_vec sum, int8_weights w, int8_values a) {
  typedef struct {
    int8_t value[4];
  } four_values;
  __asm__("vpdpbusd %2%{1to16%}, %1, %0"
          : "+v"(sum)
          : "v"(w), "m"(*(const four_values *)(const void *)a));
  return sum;
}
#include "kernel/simd/int8_tiles.h"

// clang-format off
INT8_TILE(1, 4) INT8_TILE(2, 4) INT8_TILE(3, 2) INT8_TILE(4, 2)
INT8_TILE(5, 2) INT8_TILE(6, 2) INT8_TILE(7, 2) INT8_TILE(8, 2)
    // clang-format on
    static const int8_tile_function int8_tile_functions[INT8_ROWS] = {
        multiply_1_rows, multiply_2_rows, multiply_3_rows, multiply_4_rows,
        multiply_5_rows, multiply_6_rows, multiply_7_rows, multiply_8_rows};

void ig_int8_multiply_avx512_vnni(const ig_int8_tile *tile) { multiply_int8(tile); }
