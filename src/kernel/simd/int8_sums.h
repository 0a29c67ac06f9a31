// What becomes of the sums of int8 products. The .c file of an instruction set defines, before it
// includes this file,
//   int8_vec                               a vector of int32 sums, or of four values each
//   int8_set(int32), int8_add(), int8_to_float(int8_vec)
//   INT8_WEIGHTS_SHIFTED                   whether the weights of the sums are larger by
//                                          IG_INT8_SHIFT.
#ifndef IG_KERNEL_SIMD_INT8_SUMS_H
#define IG_KERNEL_SIMD_INT8_SUMS_H
#include "kernel/int8.h"

// What the outputs of a vector of columns have in common.
typedef struct int8_columns {
  size_t first, left;  // left: columns that exist from the first on
  vec scale, bias;
} int8_columns;

VEC_INLINE int8_columns int8_columns_from(const ig_int8_tile *t, size_t first) {
  const size_t left = t->columns - first;
  return (int8_columns){first, left, vec_load(t->scale + first),
                        t->bias ? load_some(t->bias + first, left) : vec_zero()};
}

// y = fma((sum - shift) * row scale, column scale, bias)
VEC_INLINE void store_int8_sums(const ig_int8_tile *t, size_t i, const int8_columns *columns,
                                int8_vec sum) {
  if (INT8_WEIGHTS_SHIFTED) sum = int8_add(sum, int8_set(-IG_INT8_SHIFT * t->row[i].sum));
  const vec y = vec_fma(vec_multiply(int8_to_float(sum), vec_set(t->row[i].scale)), columns->scale,
                        columns->bias);
  store_some(t->c + i * t->c_row + columns->first, columns->left, y);
}
#endif
