// LoRA adapters as PEFT saves them (Hu et al., ICLR 2022). A weight W (rows, columns) becomes
//   W + scale B A,  with A (r, columns) and B (rows, r).
// scale is lora_alpha / r or, if the adapter sets use_rslora, lora_alpha / sqrt(r).
#ifndef IG_FUSE_INPUT_LORA_H
#define IG_FUSE_INPUT_LORA_H
#include "io/safetensors.h"

typedef struct ig_lora {
  const ig_safetensor *a, *b;  // NULL: the adapter has no part for this weight
  float scale;
} ig_lora;

typedef struct ig_lora_adapter ig_lora_adapter;  // read-only; ig_lora_close

// Opens a directory with adapter_config.json and adapter_model.safetensors. Anything that is not a
// plain LoRA of linear layers is refused, and the message names it.
ig_status ig_lora_open(const char *directory, ig_lora_adapter **out, ig_error *err);
void ig_lora_close(ig_lora_adapter *adapter);  // NULL is fine
const char *ig_lora_directory(const ig_lora_adapter *adapter);
const char *ig_lora_file(const ig_lora_adapter *adapter);  // the file of its weights
// Finds the adapter's part for a weight of the model, and checks its shapes. An adapter of NULL has
// no parts.
ig_status ig_lora_find(const ig_lora_adapter *adapter, const ig_safetensor *weight, ig_lora *out,
                       ig_error *err);
// Fails if a tensor of the adapter belongs to no weight of the model.
ig_status ig_lora_check(const ig_lora_adapter *adapter, const ig_safetensors *model, ig_error *err);

// How many floats of scratch ig_lora_add needs for `rows` rows.
size_t ig_lora_scratch(const ig_lora *lora, size_t rows);
// Adds scale B A to x (rows, columns), which holds rows first .. first + rows - 1 of the weight.
// scratch: ig_lora_scratch floats.
ig_status ig_lora_add(const ig_lora *lora, size_t first, size_t rows, float *x, float *scratch,
                      ig_error *err);
#endif
