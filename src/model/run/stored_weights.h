// The weights of a model as they are stored: in the tensors of a file, and in adapters that
// change them.
#ifndef IG_MODEL_RUN_STORED_WEIGHTS_H
#define IG_MODEL_RUN_STORED_WEIGHTS_H
#include "io/lora.h"
#include "io/safetensors.h"
#include "model/weight_type.h"

typedef struct ig_stored_weights {
  const ig_safetensor **tensors;     // (parameter_count); NULL: a constant that the file leaves out
  const ig_lora_adapters *adapters;  // NULL: none
} ig_stored_weights;

// Reads rows first .. first + rows - 1 of a parameter that the file has, changed by the adapters. A
// vector has one value a row.
ig_status ig_stored_weights_read_rows(const ig_stored_weights *stored, size_t parameter,
                                      size_t first, size_t rows, float *to, ig_error *err);
// Reads the whole parameter.
ig_status ig_stored_weights_read(const ig_stored_weights *stored, size_t parameter, float *to,
                                 ig_error *err);
// Of a parameter whose values are stored as int8, with nothing to change of them: the integers and
// the scales. NULL: they are others.
const struct ig_quantized *ig_stored_weights_int8(const ig_stored_weights *stored,
                                                  size_t parameter);
// What IG_WEIGHT_TYPE_AS_STORED means for `count` parameters; any other type is itself.
ig_weight_type ig_stored_weights_type(const ig_stored_weights *stored, size_t count,
                                      ig_weight_type wanted);
#endif
