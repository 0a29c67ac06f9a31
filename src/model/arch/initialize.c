// Initial weights, by the part of the Transformer that a tensor is.
#include "model/arch/initialize.h"

#include <math.h>

#include "base/random.h"
#include "model/arch/tensor_row.h"
#include "nn/positions.h"

static void fill(float *values, size_t count, float value) {
  for (size_t i = 0; i < count; i++) values[i] = value;
}

void ig_initialize_normal(const ig_parameter *p, uint64_t seed, double deviation, float *values) {
  const uint64_t stream = ig_random_stream(p->name);
  for (size_t i = 0; i < p->count; i++)
    values[i] = (float)(deviation * ig_random_normal(seed, stream, i));
}

void ig_initialize_uniform(const ig_parameter *p, uint64_t seed, double bound, float *values) {
  const uint64_t stream = ig_random_stream(p->name);
  for (size_t i = 0; i < p->count; i++)
    values[i] = (float)(bound * (2 * ig_random_uniform(seed, stream, i) - 1));
}

double ig_initialize_xavier(const ig_parameter *p) {
  return sqrt(6.0 / (double)(p->shape[0] + p->shape[1]));
}

static bool is_norm(ig_part part) {
  return part == IG_PART_SELF_NORM || part == IG_PART_CROSS_NORM ||
         part == IG_PART_FEED_FORWARD_NORM || part == IG_PART_FINAL_NORM ||
         part == IG_PART_EMBEDDING_NORM || part == IG_PART_HEAD_NORM;
}

void ig_initialize_constant(const ig_config *c, const ig_parameter *p, float *values) {
  if (p->row->part == IG_PART_POSITIONS) {
    ig_positions_sinusoids(c->positions.kind, c->positions.offset, c->positions.count, c->d_model,
                           values);
    return;
  }
  fill(values, p->count, is_norm(p->row->part) && !p->row->bias ? 1.0f : 0.0f);
}

// With fan_out 3d the bound of a stacked matrix is sqrt(1/2) of each third's own.
static double projection_gain(ig_part part) {
  switch (part) {
    case IG_PART_SELF_QUERY:
    case IG_PART_SELF_KEY:
    case IG_PART_SELF_VALUE:
    case IG_PART_CROSS_QUERY:
    case IG_PART_CROSS_KEY:
    case IG_PART_CROSS_VALUE: return sqrt(0.5);
    default: return 1.0;
  }
}

void ig_initialize_standard(const ig_config *c, const ig_parameter *p, uint64_t seed,
                            float *values) {
  if (p->rank == 1 || !p->trained) {
    ig_initialize_constant(c, p, values);
  } else if (ig_tensor_row_is_embedding(p->row)) {
    const double deviation = c->init_std > 0 ? (double)c->init_std : 1.0 / sqrt((double)c->d_model);
    ig_initialize_normal(p, seed, deviation, values);
    if (c->frozen_pad_embedding && c->pad_id >= 0 && (size_t)c->pad_id < p->shape[0])
      fill(values + (size_t)c->pad_id * p->shape[1], p->shape[1], 0.0f);
  } else if (c->init_std > 0) {
    ig_initialize_normal(p, seed, (double)c->init_std, values);
  } else {
    ig_initialize_uniform(p, seed, projection_gain(p->row->part) * ig_initialize_xavier(p), values);
  }
}
