// What a config.json says of the type of the weights: "dtype", or "torch_dtype" before transformers
// 5.
#ifndef IG_IO_CONFIG_DTYPE_H
#define IG_IO_CONFIG_DTYPE_H
#include <jansson.h>
#include "io/dtype.h"

// Whether the object has such a key itself.
bool ig_config_dtype_is_named(const json_t *object);
// Sets those of the two keys that the object itself has. dtype: F32, F16 or BF16. false: out of
// memory, here and below.
bool ig_config_dtype_replace(json_t *object, ig_dtype dtype);
// Sets "dtype", whether the object has it or not.
bool ig_config_dtype_add(json_t *object, ig_dtype dtype);
#endif
