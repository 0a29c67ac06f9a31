// Initial weights of a new model. Each tensor's numbers depend on (seed, its name) alone.
#ifndef IG_MODEL_ARCH_INITIALIZE_H
#define IG_MODEL_ARCH_INITIALIZE_H
#include "model/model.h"

// One tensor as Hugging Face does: N(0, init_std), zero biases, norms 1, and a zero row for a pad
// whose embedding is frozen. init_std 0: matrices Xavier uniform, query, key and value as the one
// stacked matrix that they are in fairseq, and embeddings N(0, 1/d).
void ig_initialize_standard(const ig_config *config, const ig_parameter *parameter, uint64_t seed,
                            float *values);

// What a family's own initialisation is made of. `values` (parameter->count).
void ig_initialize_normal(const ig_parameter *parameter, uint64_t seed, double deviation,
                          float *values);
// Uniform in [-bound, bound).
void ig_initialize_uniform(const ig_parameter *parameter, uint64_t seed, double bound,
                           float *values);
// The bound sqrt(6 / (fan_in + fan_out)) of a matrix (Glorot and Bengio 2010).
double ig_initialize_xavier(const ig_parameter *parameter);
// What is not drawn: 1 for the weight of a norm, sinusoids for a table of positions, else 0.
void ig_initialize_constant(const ig_config *config, const ig_parameter *parameter, float *values);
#endif
