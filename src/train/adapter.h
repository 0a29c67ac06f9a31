// Low-rank adapters of linear layers in training: LoRA (Hu et al., ICLR 2022) and DoRA (Liu et al.,
// ICML 2024), as PEFT computes them. The model's weights are the effective ones, so that its passes
// know of no adapter:
//   LoRA: W = W0 + scale B A,  with A (rank, in) and B (out, rank)
//   DoRA: row o of W is m[o] / |V[o]| times row o of V = W0 + scale B A
// The gradient of W gives those of A, B and m (ig_adapter_find_gradients).
#ifndef IG_TRAIN_ADAPTER_H
#define IG_TRAIN_ADAPTER_H
#include "base/arena.h"
#include "model/model.h"
#include "nn/nn.h"

// One adapted layer.
typedef struct ig_adapter_layer {
  size_t parameter;  // of the model: W (out, in)
  size_t rank;
  float scale;
  size_t out, in;
  // Where A (rank, in), B (out, rank) and m (out) lie in the adapter's values, W0 in base, and |V|
  // (out) in lengths.
  size_t a, b, magnitude, base, length;
} ig_adapter_layer;

typedef struct ig_adapter {
  ig_adapter_layer *layers;  // (count), in the order of the model's tensors
  size_t count;
  bool has_magnitudes;  // DoRA
  size_t value_count;
  float *values, *gradients;  // (value_count): A, B and m, layer by layer
  float *base;                // W0 of all layers
  float *lengths;             // |V| of all rows, where there are magnitudes
  float *scaled;              // (out, rank) of the largest layer: B times what it adds with
  ig_arena memory, scratch;
} ig_adapter;  // ig_adapter_free

// An adapter of a model whose weights are W0, with values that are all 0. Of the layers parameter,
// rank and scale are given, in the order of the model's tensors.
ig_status ig_adapter_create(const ig_model *model, const ig_adapter_layer *layers, size_t count,
                            bool has_magnitudes, ig_adapter **out, ig_error *err);
void ig_adapter_free(ig_adapter *adapter);  // NULL is fine
// Values of a new adapter: A uniform within 1/sqrt(in), as PEFT draws it, B 0, and m |W0|, so that
// W is W0.
void ig_adapter_draw(ig_adapter *adapter, const ig_model *model, const ig_kernels *kernels,
                     uint64_t seed);

// frozen (parameter_count): true for the tensors of which the adapter needs no gradient. Weights
// that one product serves have theirs together.
void ig_adapter_mark_frozen(const ig_adapter *adapter, const ig_model *model, bool *frozen);
// Memory for the two functions below, once, with the nn they will be called with.
ig_status ig_adapter_reserve(ig_adapter *adapter, const ig_nn *nn, ig_error *err);
// Makes the model's weights from base and values. The same bits for any number of threads.
void ig_adapter_apply(ig_adapter *adapter, const ig_model *model, const ig_nn *nn);
// From the model's gradients those of the values. |V| counts as a constant, as in PEFT.
void ig_adapter_find_gradients(ig_adapter *adapter, const ig_model *model, const ig_nn *nn);
#endif
