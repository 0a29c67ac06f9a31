#include "base/finite.h"

#include <math.h>
#include <stdint.h>

#include "base/float_bits.h"
#include "base/vectors.h"

// The first loop is plain enough to be vectorised, for every weight of a model passes through it.
IG_VECTORS size_t ig_finite_until(const float *values, size_t count) {
  uint32_t found = 0;
  // The sum carries into the highest bit if the exponent is all ones.
  for (size_t i = 0; i < count; ++i)
    found |= (ig_float_bits(values[i]) & 0x7FFFFFFFu) + 0x00800000u;
  size_t at = found >> 31 ? 0 : count;
  while (at < count && isfinite(values[at])) ++at;
  return at;
}
