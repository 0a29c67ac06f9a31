// Sums of exponentials that are put together from sums of parts (Milakov & Gimelshein 2018, "Online
// normalizer calculation for softmax"). The parts are added in a fixed order, so that the total has
// the same bits whoever summed which part.
#ifndef IG_KERNEL_EXP_SUM_H
#define IG_KERNEL_EXP_SUM_H
#include <math.h>

// The largest of some values x, and the sum of exp(x - largest). A NaN is ignored by the largest
// value, not by the sum. Of no values, or of -infinity alone: -infinity and 0.
typedef struct ig_exp_sum {
  float largest, sum;
} ig_exp_sum;

#define IG_EXP_SUM_OF_NOTHING ((ig_exp_sum){-INFINITY, 0.0f})

static inline void ig_exp_sum_add(ig_exp_sum *total, ig_exp_sum part) {
  if (part.largest > total->largest) {
    total->sum = total->sum * expf(total->largest - part.largest) + part.sum;
    total->largest = part.largest;
  } else if (part.largest == total->largest) {
    total->sum += part.sum;
  } else {
    total->sum += part.sum * expf(part.largest - total->largest);
  }
}

static inline float ig_exp_sum_log(ig_exp_sum total) {
  return isinf(total.largest) ? total.largest : total.largest + logf(total.sum);
}
#endif
