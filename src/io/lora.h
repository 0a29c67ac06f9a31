// LoRA adapters as PEFT saves them (Hu et al., ICLR 2022), one or several after one another. A
// weight W (out, in) becomes
//   W + scale B A,  with A (r, in) and B (out, r).
// scale is lora_alpha / r or, if the adapter sets use_rslora, lora_alpha / sqrt(r); alpha_pattern
// gives single modules another alpha. A layer that stores its weight as (in, out), such as GPT-2's
// Conv1D or a table of embeddings, gets the transpose of B A. With use_dora the sum gets lengths of
// its own (io/lora_dora.h). Biases, modules and rows of tables that were trained whole replace the
// model's.
#ifndef IG_IO_LORA_H
#define IG_IO_LORA_H
#include "io/lora_adapter.h"

// What the adapters change of one weight, in this order. No changes: nothing.
typedef struct ig_lora {
  const ig_lora_change *changes;
  size_t count;
} ig_lora;

typedef struct ig_lora_adapters ig_lora_adapters;  // ig_lora_close

// Opens the adapters of a name "ADAPTER", "ADAPTER+ADAPTER" … (ig_model_name_split).
ig_status ig_lora_open(const char *names, ig_lora_adapters **out, ig_error *err);
void ig_lora_close(ig_lora_adapters *adapters);  // NULL is fine
// The adapters, in their order. NULL has none.
size_t ig_lora_adapter_count(const ig_lora_adapters *adapters);
const ig_lora_adapter *ig_lora_adapter_at(const ig_lora_adapters *adapters, size_t index);

// Finds the weights of the model that the adapters change (ig_lora_adapter_attach): each changes
// what those before it have made.
ig_status ig_lora_attach(ig_lora_adapters *adapters, const ig_safetensors *model,
                         const ig_lora_layout *layout, ig_error *err);
// Notes what has no effect. Adapters of NULL say nothing.
ig_status ig_lora_note(const ig_lora_adapters *adapters, ig_problems *notes, ig_error *err);
// What changes of a weight of the model that the adapters are attached to. Adapters of NULL change
// nothing.
ig_lora ig_lora_find(const ig_lora_adapters *adapters, const ig_safetensor *weight);
// The weights that they change, in any order.
size_t ig_lora_count(const ig_lora_adapters *adapters);
const ig_safetensor *ig_lora_weight(const ig_lora_adapters *adapters, size_t index);

// How many floats of scratch ig_lora_apply needs for `count` values.
size_t ig_lora_scratch(const ig_lora *lora, size_t count);
// Changes x (count), values first .. first + count - 1 of the weight. scratch: ig_lora_scratch
// floats.
ig_status ig_lora_apply(const ig_lora *lora, size_t first, size_t count, float *x, float *scratch,
                        ig_error *err);
#endif
