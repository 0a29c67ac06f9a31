#include "io/narrow.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/bf16.h"
#include "base/f16.h"

size_t ig_narrow(ig_dtype dtype, size_t count, const float *x, void *to) {
  uint16_t *halves = to;
  if (dtype == IG_DTYPE_F32) {
    memcpy(to, x, count * sizeof *x);
    return count;
  }
  for (size_t i = 0; i < count; i++) {
    const bool is_f16 = dtype == IG_DTYPE_F16;
    halves[i] = is_f16 ? ig_f16_from_float(x[i]) : ig_bf16_from_float(x[i]);
    const float back = is_f16 ? ig_f16_to_float(halves[i]) : ig_bf16_to_float(halves[i]);
    if (isinf(back) && !isinf(x[i])) return i;
  }
  return count;
}
