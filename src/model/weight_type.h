// What the weights of linear layers are held as in a model that only runs.
#ifndef IG_MODEL_WEIGHT_TYPE_H
#define IG_MODEL_WEIGHT_TYPE_H
#include "ingot/core.h"

typedef enum ig_weight_type {
  IG_WEIGHT_TYPE_FP32,
  // Rounded to bfloat16, and multiplied as the float32 values that they are.
  IG_WEIGHT_TYPE_BF16,
  // One scale for each output; what is multiplied with them is rounded to int8 too, row by row
  // (kernel/int8.h).
  IG_WEIGHT_TYPE_INT8,
  // Of a model that is yet to be read: int8 where the file holds weights in int8, otherwise fp32.
  IG_WEIGHT_TYPE_AS_STORED,
} ig_weight_type;

// "fp32", "bf16", "int8"; NULL: as stored. Any other name is IG_ERROR_UNSUPPORTED.
ig_status ig_weight_type_of(const char *name, ig_weight_type *out, ig_error *err);
// The name by which it is asked for; of as stored "as stored".
const char *ig_weight_type_name(ig_weight_type type);
#endif
