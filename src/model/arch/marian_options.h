// The options that a model file of Marian has inside (special:model.yml): what of them changes the
// model.
#ifndef IG_MODEL_ARCH_MARIAN_OPTIONS_H
#define IG_MODEL_ARCH_MARIAN_OPTIONS_H
#include "io/safetensors.h"
#include "io/yaml.h"

typedef struct ig_marian_options {
  ig_yaml *yaml;  // the document; the rest refers to it
  int d_model, encoder_layers, decoder_layers, heads, encoder_inner, decoder_inner;
  const char *activation;
  bool recurrent;                   // the decoder has SSRU cells in place of self-attention
  bool has_projections;             // attention has an output layer
  const ig_yaml_node *tied_layers;  // of each decoder layer, whose tensors it has; or NULL
  bool shared, tied;  // one embedding for both sides; the output layer is the target's embedding
} ig_marian_options;

extern const char *const ig_marian_options_name;  // the tensor that holds them

// path: of the model, for messages. What is not built is IG_ERROR_UNSUPPORTED, by its name.
// ig_marian_options_free in any case.
ig_status ig_marian_options_read(const ig_safetensors *file, const char *path,
                                 ig_marian_options *out, ig_error *err);
void ig_marian_options_free(ig_marian_options *options);
// Whose tensors a decoder layer has; both are counted from 0.
ig_status ig_marian_options_tied_layer(const ig_marian_options *options, int layer, int *out,
                                       ig_error *err);
#endif
