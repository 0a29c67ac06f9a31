// A directory with a LoRA adapter as PEFT saves it, and what it changes of a model.
#ifndef IG_IO_LORA_ADAPTER_H
#define IG_IO_LORA_ADAPTER_H
#include "base/problems.h"
#include "io/lora_change.h"
#include "io/lora_config.h"
#include "io/safetensors.h"

typedef struct ig_lora_adapter ig_lora_adapter;  // ig_lora_adapter_close

// Which layers of a model store their weights as (in, out).
typedef struct ig_lora_layout {
  bool some;                                                       // some of them are known to do
  bool (*is_transposed)(const void *context, const char *tensor);  // NULL: none does
  const void *context;
} ig_lora_layout;

// Opens a directory with adapter_config.json and adapter_model.safetensors, or adapter_model.bin.
// A kind of adapter that is not known is refused, and the message names it.
ig_status ig_lora_adapter_open(const char *directory, ig_lora_adapter **out, ig_error *err);
void ig_lora_adapter_close(ig_lora_adapter *adapter);  // NULL is fine
const char *ig_lora_adapter_directory(const ig_lora_adapter *adapter);
const char *ig_lora_adapter_file(const ig_lora_adapter *adapter);  // the file of its weights
const ig_lora_config *ig_lora_adapter_config(const ig_lora_adapter *adapter);   // borrowed
const ig_safetensors *ig_lora_adapter_tensors(const ig_lora_adapter *adapter);  // borrowed

// Finds the weight of the model that each part of the adapter belongs to, checks the shapes, and
// adds the changes. `changes` has those that are made before. Fails if a part belongs to no weight,
// or to several: a name that the model does not have may end with the name of one weight, or be the
// end of it. Of a model that is yet to be made there are no values: what depends on them is left
// out.
ig_status ig_lora_adapter_attach(ig_lora_adapter *adapter, const ig_safetensors *model,
                                 const ig_lora_layout *layout, ig_lora_changes *changes,
                                 ig_error *err);
// Notes what the adapter says of the model it is attached to and what has no effect, as in PEFT.
ig_status ig_lora_adapter_note(const ig_lora_adapter *adapter, ig_problems *notes, ig_error *err);
#endif
