// Sinusoids: PE(p, 2i) = sin(p / 10000^(2i/d)), PE(p, 2i+1) = cos(p / 10000^(2i/d)).
#include "nn/positions.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

// What one pair of columns, i, multiplies positions with. Where the original computes in float, so
// does this, so that the table has the same bits as theirs or nearly so.
typedef struct sinusoid_rate {
  double exact;
  float rounded;
  bool in_float;  // the angle is a product of floats
} sinusoid_rate;

static sinusoid_rate rate_of(ig_position_kind kind, int i, int d) {
  switch (kind) {
    case IG_POSITION_INTERLEAVED:  // as in the code of PyTorch's tutorial
      return (sinusoid_rate){.rounded = expf((float)(2 * i) * (float)(-log(10000.0) / d)),
                             .in_float = true};
    case IG_POSITION_HALVES_INCLUSIVE: {  // as in fairseq
      const int steps = d > 2 ? d / 2 - 1 : 1;
      return (sinusoid_rate){.rounded = expf((float)i * (float)(-log(10000.0) / steps)),
                             .in_float = true};
    }
    default:  // as in transformers, which computes this table in double
      return (sinusoid_rate){.exact = pow(10000.0, -2.0 * i / d)};
  }
}

void ig_positions_sinusoids(ig_position_kind kind, int first, int count, int d, float *table) {
  const bool interleaved = kind == IG_POSITION_INTERLEAVED;
  for (int i = 0; i < d / 2; i++) {
    const sinusoid_rate rate = rate_of(kind, i, d);
    const int sine = interleaved ? 2 * i : i, cosine = interleaved ? 2 * i + 1 : d / 2 + i;
    for (int p = 0; p < count; p++) {
      const int position = first + p;
      const double angle =
          rate.in_float ? (double)((float)position * rate.rounded) : position * rate.exact;
      float *row = table + (size_t)p * (size_t)d;
      row[sine] = (float)sin(angle);
      row[cosine] = (float)cos(angle);
    }
  }
}
