// The stacks of layers that a model has: an encoder, a decoder, a vision tower, a language model.
// They are found by the names of their tensors: a stack is what comes before the number of a layer.
//
//   model.encoder.layers.0.fc1.weight                prefix model.encoder.layers    name encoder
//   vision_tower.vision_model.encoder.layers.0.…     prefix vision_tower. … layers  name
//   vision_tower language_model.model.layers.0.…                  prefix language_model. … layers
#ifndef IG_FUSE_INPUT_LAYER_STACKS_H
#define IG_FUSE_INPUT_LAYER_STACKS_H
#include "fuse/input/tensor_place.h"
#include "io/safetensors.h"

// What a stack works on, as words of its name tell.
typedef enum ig_layer_stack_role {
  IG_LAYER_STACK_ROLE_NONE,
  IG_LAYER_STACK_ROLE_ENCODER,
  IG_LAYER_STACK_ROLE_DECODER,
  IG_LAYER_STACK_ROLE_TEXT,
  IG_LAYER_STACK_ROLE_VISION,
  IG_LAYER_STACK_ROLE_AUDIO
} ig_layer_stack_role;

typedef struct ig_layer_stack {
  char *prefix;  // of the names of its layers' tensors, up to their number, without the dot
  char *path;    // that its other tensors' names begin with, with a dot at its end; or ""
  char *name;    // that a recipe's modules call it by
  ig_layer_stack_role role;
  ig_layer_stack_role side;  // encoder, decoder or none: what the prefix alone tells
  int layers;                // the highest layer number + 1
} ig_layer_stack;

typedef struct ig_stacks {
  ig_layer_stack *items;  // sorted by prefix
  size_t count, capacity;
} ig_layer_stacks;  // start from {0}; ig_layer_stacks_free

ig_status ig_layer_stacks_find(const ig_safetensors *tensors, ig_layer_stacks *out, ig_error *err);
void ig_layer_stacks_free(ig_layer_stacks *stacks);
// The stack whose layers' tensors have this prefix (length bytes); NULL: there is none.
const ig_layer_stack *ig_layer_stacks_get(const ig_layer_stacks *stacks, const char *prefix,
                                          size_t length);
// The stack that has this tensor in a layer; NULL: it is in no layer.
const ig_layer_stack *ig_layer_stacks_of_layer(const ig_layer_stacks *stacks, const char *tensor);
// The stack that the tensor belongs to, in a layer or beside the layers; NULL: none.
const ig_layer_stack *ig_layer_stacks_owner(const ig_layer_stacks *stacks, const char *tensor);
// How many stacks a module of that name has: stacks of that name or that role ("vision"), or whose
// prefix begins with it ("model.encoder"). *first: the first of them.
size_t ig_layer_stacks_match(const ig_layer_stacks *stacks, const char *module,
                             const ig_layer_stack **first);
// Whether that module has this tensor: its name begins with the module's, or its stack is one of
// the module's.
bool ig_layer_stacks_module_has(const ig_layer_stacks *stacks, const char *module,
                                const char *tensor);
// The names of all, "encoder, decoder", into text (size).
void ig_layer_stacks_list(const ig_layer_stacks *stacks, char *text, size_t size);
// What the words of a name tell; encoder and decoder count only where nothing else is told.
ig_layer_stack_role ig_layer_stacks_role_of(const char *name);
#endif
