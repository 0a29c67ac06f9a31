// LoRA adapters as PEFT saves them (Hu et al., ICLR 2022). A weight W (out, in) becomes
//   W + scale B A,  with A (r, in) and B (out, r).
// scale is lora_alpha / r or, if the adapter sets use_rslora, lora_alpha / sqrt(r); alpha_pattern
// gives single modules another alpha. A layer that stores its weight as (in, out), such as GPT-2's
// Conv1D, gets the transpose of B A.
#ifndef IG_IO_LORA_H
#define IG_IO_LORA_H
#include "base/problems.h"
#include "io/safetensors.h"

typedef struct ig_lora {
  const ig_safetensor *a, *b;  // NULL: the adapter has no part for this weight
  float scale;
  bool transposed;  // the weight is (in, out)
} ig_lora;

typedef struct ig_lora_adapter ig_lora_adapter;  // ig_lora_close

// Opens a directory with adapter_config.json and adapter_model.safetensors, or adapter_model.bin.
// Anything that is not a plain LoRA of linear layers is refused, and the message names it.
ig_status ig_lora_open(const char *directory, ig_lora_adapter **out, ig_error *err);
void ig_lora_close(ig_lora_adapter *adapter);  // NULL is fine
const char *ig_lora_directory(const ig_lora_adapter *adapter);
const char *ig_lora_file(const ig_lora_adapter *adapter);  // the file of its weights
// Which layers of a model store their weights as (in, out).
typedef struct ig_lora_layout {
  bool some;                                                       // some of them are known to do
  bool (*is_transposed)(const void *context, const char *tensor);  // NULL: none does
  const void *context;
} ig_lora_layout;

// Finds the weight of the model that each part of the adapter belongs to, and checks the shapes.
// Fails if a part belongs to no weight, or to several: a name that the model does not have may end
// with the name of one weight, or be the end of it.
ig_status ig_lora_attach(ig_lora_adapter *adapter, const ig_safetensors *model,
                         const ig_lora_layout *layout, ig_error *err);
// Notes what the adapter says of the model it is attached to and what has no effect, as in PEFT. An
// adapter of NULL says nothing.
ig_status ig_lora_note(const ig_lora_adapter *adapter, ig_problems *notes, ig_error *err);
// The part for a weight of the model that the adapter is attached to. An adapter of NULL has no
// parts.
ig_lora ig_lora_find(const ig_lora_adapter *adapter, const ig_safetensor *weight);
// The weights that the adapter adds to, in any order.
size_t ig_lora_count(const ig_lora_adapter *adapter);
const ig_safetensor *ig_lora_weight(const ig_lora_adapter *adapter, size_t index);

// How many floats of scratch ig_lora_add needs for `rows` rows.
size_t ig_lora_scratch(const ig_lora *lora, size_t rows);
// Adds scale B A, or its transpose, to x (rows, columns), which holds rows first .. first + rows -
// 1 of the weight. scratch: ig_lora_scratch floats.
ig_status ig_lora_add(const ig_lora *lora, size_t first, size_t rows, float *x, float *scratch,
                      ig_error *err);
#endif
