// What a file of safetensors says of itself besides its tensors: texts by keys, in __metadata__.
#ifndef IG_IO_SAFETENSORS_METADATA_H
#define IG_IO_SAFETENSORS_METADATA_H
#include <jansson.h>
#include "io/safetensors.h"

// The text of a key in the file, or in the first of its shards; NULL: there is none.
const char *ig_safetensors_metadata_find(const ig_safetensors *file, const char *key);
// As ig_safetensors_write, with these texts, an object of strings, besides {"format": "pt"}.
ig_status ig_safetensors_metadata_write(const char *path, const ig_safetensors_output *tensors,
                                        size_t count, json_t *metadata, ig_error *err);
#endif
