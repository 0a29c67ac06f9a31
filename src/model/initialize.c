// Weight initialisation   (Glorot and Bengio 2010 for the uniform bound sqrt(6 / (fan_in +
// fan_out)))
#include "model/initialize.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "model/arch/family.h"
#include "model/layout.h"

static void fill(float *values, size_t count, float value) {
  for (size_t i = 0; i < count; i++) values[i] = value;
}

static void fill_normal(float *values, const ig_parameter *p, uint64_t seed, double deviation) {
  const uint64_t stream = ig_random_stream(p->name);
  for (size_t i = 0; i < p->count; i++)
    values[i] = (float)(deviation * ig_random_normal(seed, stream, i));
}

static void fill_uniform(float *values, const ig_parameter *p, uint64_t seed, double bound) {
  const uint64_t stream = ig_random_stream(p->name);
  for (size_t i = 0; i < p->count; i++)
    values[i] = (float)(bound * (2 * ig_random_uniform(seed, stream, i) - 1));
}

static bool ends_with(const char *name, const char *suffix) {
  const size_t n = strlen(name), m = strlen(suffix);
  return n >= m && strcmp(name + n - m, suffix) == 0;
}

static double xavier(const ig_parameter *p) {
  return sqrt(6.0 / (double)(p->shape[0] + p->shape[1]));
}

// Query, key and value matrices are drawn as the one stacked matrix that they are in
// nn.MultiheadAttention and fairseq: with fan_out 3d, a bound of sqrt(1/2) of each one's own.
static double projection_gain(const ig_parameter *p) {
  return strstr(p->name, "q_proj") || strstr(p->name, "k_proj") || strstr(p->name, "v_proj")
             ? sqrt(0.5)
             : 1.0;
}

static void initialize_torch(const ig_model *m, const ig_parameter *p, uint64_t seed,
                             float *values) {
  const ig_config *c = &m->config;
  const float *output = m->output.weight;
  if (ig_layout_is_embedding(m, p)) {
    fill_normal(values, p, seed, 1.0);
  } else if (values == output || values == m->output.bias) {
    fill_uniform(values, p, seed, 1.0 / sqrt((double)c->d_model));
  } else if (p->rank == 2) {
    fill_uniform(values, p, seed, xavier(p));
  } else if (ends_with(p->name, "linear1.bias")) {
    fill_uniform(values, p, seed, 1.0 / sqrt((double)c->d_model));
  } else if (ends_with(p->name, "linear2.bias")) {
    fill_uniform(values, p, seed,
                 1.0 / sqrt((double)(strstr(p->name, "encoder") ? c->encoder.feed_forward.inner
                                                                : c->decoder.feed_forward.inner)));
  } else {
    fill(values, p->count, strstr(p->name, "norm") && ends_with(p->name, ".weight") ? 1.0f : 0.0f);
  }
}

static void initialize_other(const ig_model *m, const ig_parameter *p, uint64_t seed,
                             float *values) {
  const ig_config *c = &m->config;
  if (p->rank == 1 || !p->trained) {
    fill(values, p->count, strstr(p->name, "norm") && ends_with(p->name, ".weight") ? 1.0f : 0.0f);
  } else if (ig_layout_is_embedding(m, p)) {
    fill_normal(values, p, seed,
                c->init_std > 0 ? (double)c->init_std : 1.0 / sqrt((double)c->d_model));
    if (c->frozen_pad_embedding && c->pad_id >= 0 && (size_t)c->pad_id < p->shape[0])
      fill(values + (size_t)c->pad_id * p->shape[1], p->shape[1], 0.0f);
  } else if (c->init_std > 0) {
    fill_normal(values, p, seed, (double)c->init_std);
  } else {
    fill_uniform(values, p, seed, projection_gain(p) * xavier(p));
  }
}

void ig_initialize_model(ig_model *m, uint64_t seed) {
  const bool torch = strcmp(m->config.family->name, "torch") == 0;
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    (torch ? initialize_torch : initialize_other)(m, p, seed, m->values + p->offset);
  }
}
