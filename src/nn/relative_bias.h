// Relative position bias: what attention adds to a score for the distance from the query to the key
// (Raffel et al. 2020, 2.1). Distances share a trained number by buckets.
#ifndef IG_NN_RELATIVE_BIAS_H
#define IG_NN_RELATIVE_BIAS_H
#include "nn/nn.h"
#include "nn/relative_buckets.h"

typedef struct ig_relative_bias {
  const ig_relative_buckets *buckets;
  int heads;
  const float *weight;     // (buckets, heads); NULL: nothing is added
  float *weight_gradient;  // or NULL: not trained
} ig_relative_bias;

// values (heads, 2 * longest - 1): the biases of the distances 1 - longest .. longest - 1, key
// minus query.
void ig_relative_bias_spread(const ig_relative_bias *bias, int longest, float *values);
// Adds to weight_gradient what ig_attention_backward left in ddistance (nn/attention.h) for these
// sequences. Sums of a bucket are in double, over sequences and distances in order.
void ig_relative_bias_gather(ig_nn *nn, const ig_relative_bias *bias, const ig_ragged *sequences,
                             const float *ddistance);
#endif
