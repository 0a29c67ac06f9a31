// The meaning of products of int8 values.
#include <math.h>
#include "kernel/int8.h"

void ig_int8_multiply_reference(const ig_int8_tile *t) {
  for (size_t j = 0; j < t->columns; j++) {
    const uint8_t *panel = t->packed + j / IG_INT8_COLUMNS * IG_INT8_COLUMNS * t->depth;
    for (size_t i = 0; i < t->rows; i++) {
      const int8_t *a = t->a + i * t->depth;
      int32_t sum = 0;
      for (size_t p = 0; p < t->depth; p++)
        sum += a[p] *
               (panel[(p / 4 * IG_INT8_COLUMNS + j % IG_INT8_COLUMNS) * 4 + p % 4] - IG_INT8_SHIFT);
      t->c[i * t->c_row + j] =
          fmaf((float)sum * t->row[i].scale, t->scale[j], t->bias ? t->bias[j] : 0.0f);
    }
  }
}
