#include "metric/exact_mean.h"

#include <math.h>
#include <string.h>

// ---- exactly --------------------------------------------------------------------------

// A sum without rounding: its parts do not overlap, the smallest is first (Shewchuk 1997, "Adaptive
// Precision Floating-Point Arithmetic"). The exponents of doubles allow for no more than 40 parts.
typedef struct exact_sum {
  double parts[48];
  int count;
} exact_sum;

static void add_exactly(exact_sum *s, double value) {
  int kept = 0;
  for (int i = 0; i < s->count; i++) {
    const double sum = value + s->parts[i], of_value = sum - s->parts[i],
                 lost = (value - of_value) + (s->parts[i] - (sum - of_value));
    if (lost != 0) s->parts[kept++] = lost;
    value = sum;
  }
  s->parts[kept] = value;
  s->count = kept + 1;
}

static double round_sum(const exact_sum *s) {
  double sum = 0;
  for (int i = 0; i < s->count; i++) sum += s->parts[i];
  return sum;
}

// How far count * mean is from the sum.
static double distance_of(const exact_sum *sum, double mean, double count) {
  exact_sum rest = *sum;
  const double product = mean * count;
  add_exactly(&rest, -product);
  add_exactly(&rest, -fma(mean, count, -product));
  return fabs(round_sum(&rest));
}

double ig_exact_mean(const double *values, size_t count) {
  exact_sum sum = {.count = 0};
  for (size_t i = 0; i < count; i++) add_exactly(&sum, values[i]);
  const double n = (double)count, near = round_sum(&sum) / n;
  const double neighbours[] = {nextafter(near, -INFINITY), nextafter(near, INFINITY)};
  double best = near, least = distance_of(&sum, near, n);
  for (int i = 0; i < 2; i++) {
    const double distance = distance_of(&sum, neighbours[i], n);
    if (distance >= least) continue;
    least = distance;
    best = neighbours[i];
  }
  return best;
}

// ---- as numpy -------------------------------------------------------------------------

enum { BLOCK = 128, LANES = 8 };

// The result of an operation in float32, if the array is of that type.
static double narrowed(double value, bool narrow) { return narrow ? (double)(float)value : value; }

static double sum_block(const double *v, size_t count, bool narrow) {
  double lanes[LANES], sum = 0;
  size_t i = 0;
  if (count >= LANES) {
    memcpy(lanes, v, sizeof lanes);
    for (i = LANES; i + LANES <= count; i += LANES)
      for (int k = 0; k < LANES; k++) lanes[k] = narrowed(lanes[k] + v[i + (size_t)k], narrow);
    for (int step = 1; step < LANES; step *= 2)
      for (int k = 0; k < LANES; k += 2 * step)
        lanes[k] = narrowed(lanes[k] + lanes[k + step], narrow);
    sum = lanes[0];
  }
  for (; i < count; i++) sum = narrowed(sum + v[i], narrow);
  return sum;
}

static double sum_pairwise(const double *v, size_t count, bool narrow) {
  if (count <= BLOCK) return sum_block(v, count, narrow);
  const size_t half = count / 2 - count / 2 % LANES;
  return narrowed(sum_pairwise(v, half, narrow) + sum_pairwise(v + half, count - half, narrow),
                  narrow);
}

double ig_exact_mean_pairwise(const double *values, size_t count, bool narrow) {
  return narrowed(sum_pairwise(values, count, narrow) / (double)count, narrow);
}
