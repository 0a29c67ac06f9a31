// Where a tensor belongs in a model, as its name tells:
// "model.decoder.layers.3.encoder_attn.q_proj.weight", "encoder.block.0.layer.1.…",
// "lm_head.weight".
#ifndef IG_FUSE_INPUT_TENSOR_PLACE_H
#define IG_FUSE_INPUT_TENSOR_PLACE_H
#include <stdbool.h>
#include <stddef.h>

typedef enum ig_tensor_stack {
  IG_TENSOR_STACK_NONE,
  IG_TENSOR_STACK_ENCODER,
  IG_TENSOR_STACK_DECODER
} ig_tensor_stack;

typedef struct ig_tensor_place {
  ig_tensor_stack stack;          // none: the model has one stack only, or the tensor is outside
  int layer;                      // in its stack; -1: it is in no layer
  size_t layer_at, layer_digits;  // position and length of the layer's number in the name
  bool cross_attention, embeddings, head;
  bool last;  // it comes after all layers: a head, a stack's last norm, a pooler
} ig_tensor_place;
ig_tensor_place ig_tensor_place_of(const char *name);

// Returns the name with another layer number, which the caller frees. NULL: out of memory.
char *ig_tensor_place_rename(const char *name, const ig_tensor_place *place, int layer);

// Parts of a model that recipes select.
typedef enum ig_tensor_part {
  IG_TENSOR_PART_ANY,
  IG_TENSOR_PART_ENCODER,
  IG_TENSOR_PART_DECODER,
  IG_TENSOR_PART_CROSS_ATTENTION,
  IG_TENSOR_PART_EMBEDDINGS,
  IG_TENSOR_PART_HEAD,
} ig_tensor_part;

extern const char *const ig_tensor_place_parts;  // "encoder, decoder, …", for messages
// Finds the part of that name. false: there is none.
bool ig_tensor_place_parse_part(const char *name, ig_tensor_part *out);
bool ig_tensor_place_is_in(const ig_tensor_place *place, ig_tensor_part part);
#endif
