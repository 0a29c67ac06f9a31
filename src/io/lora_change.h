// What adapters change of a model's weights, weight by weight, and carrying it out.
#ifndef IG_IO_LORA_CHANGE_H
#define IG_IO_LORA_CHANGE_H
#include "io/safetensor.h"

typedef enum ig_lora_change_kind {
  IG_LORA_CHANGE_KIND_PRODUCT,  // scale B A is added
  IG_LORA_CHANGE_KIND_VECTOR,   // scale a is added
  IG_LORA_CHANGE_KIND_WHOLE,    // the weight becomes a
  IG_LORA_CHANGE_KIND_ROWS,     // some rows become those of a
} ig_lora_change_kind;

typedef struct ig_lora_change {
  ig_lora_change_kind kind;
  const ig_safetensor *weight;  // of the model
  // PRODUCT: a (r, in) and b (out, r), also (r, in, k …) and (out, r, 1 …) of a convolution. ROWS:
  // a (listed rows, columns). Else a has the weight's shape, and b is NULL.
  const ig_safetensor *a, *b;
  float scale;
  bool transposed;  // PRODUCT: the weight is (in, out), and the transpose of B A is added
  float *factors;   // (out), owned: by what the sum is multiplied then; NULL: by nothing
  size_t *rows;     // (a->shape[0]), owned: ROWS
} ig_lora_change;

typedef struct ig_lora_changes {
  ig_lora_change *items;
  size_t count, capacity;
} ig_lora_changes;

// Adds a change, whose arrays belong to the list whatever happens.
ig_status ig_lora_change_add(ig_lora_changes *list, const ig_lora_change *change, ig_error *err);
void ig_lora_change_free_all(ig_lora_changes *list);

// How many floats of scratch ig_lora_change_apply needs for `count` values.
size_t ig_lora_change_scratch(const ig_lora_change *change, size_t count);
// Changes x (count), values first .. first + count - 1 of the weight. scratch:
// ig_lora_change_scratch floats.
ig_status ig_lora_change_apply(const ig_lora_change *change, size_t first, size_t count, float *x,
                               float *scratch, ig_error *err);
#endif
