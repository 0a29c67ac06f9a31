// Sinusoids: PE(p, 2i) = sin(p / 10000^(2i/d)), PE(p, 2i+1) = cos(p / 10000^(2i/d)).
#include "nn/positions.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

// In interleaved tables the angle is rounded to float as in the code of PyTorch's tutorial, so that
// the table has the same bits as theirs. In halves it is a double, as in transformers.
void ig_positions_sinusoids(ig_position_kind kind, int positions, int d, float *table) {
  const bool interleaved = kind == IG_POSITION_INTERLEAVED;
  for (int i = 0; i < d / 2; i++) {
    const float rate = expf((float)(2 * i) * (float)(-log(10000.0) / d));
    const double exact = pow(10000.0, -2.0 * i / d);
    const int sine = interleaved ? 2 * i : i, cosine = interleaved ? 2 * i + 1 : d / 2 + i;
    for (int p = 0; p < positions; p++) {
      const double angle = interleaved ? (double)((float)p * rate) : p * exact;
      float *row = table + (size_t)p * (size_t)d;
      row[sine] = (float)sin(angle);
      row[cosine] = (float)cos(angle);
    }
  }
}
