// An adapter in training as PEFT's files: adapter_config.json and adapter_model.safetensors.
#ifndef IG_TRAIN_ADAPTER_FILES_H
#define IG_TRAIN_ADAPTER_FILES_H
#include <jansson.h>
#include "train/adapter.h"

// What Ingot writes of an adapter.
extern const char *const ig_adapter_files_config;   // adapter_config.json
extern const char *const ig_adapter_files_weights;  // adapter_model.safetensors

// Reads an adapter of LoRA or DoRA that is to be trained on, and its configuration, a new
// reference. What cannot be trained (adapted embeddings, biases, tensors that were trained whole)
// is IG_ERROR_UNSUPPORTED and named, for it would be lost.
ig_status ig_adapter_files_read(const char *directory, const ig_model *model, ig_adapter **out,
                                json_t **config, ig_error *err);
// The configuration of a new adapter, all of whose layers have one rank; NULL: out of memory.
json_t *ig_adapter_files_describe(const ig_adapter *adapter, const ig_model *model, double alpha);
// dtype: float32, bfloat16 or float16.
ig_status ig_adapter_files_write(const ig_adapter *adapter, const ig_model *model,
                                 const json_t *config, const char *dtype, const char *directory,
                                 ig_error *err);
#endif
