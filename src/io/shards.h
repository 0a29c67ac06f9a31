// Weights in several safetensors files and their index, as transformers writes and reads them.
#ifndef IG_IO_SHARDS_H
#define IG_IO_SHARDS_H
#include <jansson.h>
#include "io/safetensors.h"

typedef struct ig_shards_position {
  size_t shard, index;  // a tensor's file, and its number there
} ig_shards_position;

// Which file each of some tensors is in. Tensors stay in their order.
typedef struct ig_shards {
  ig_shards_position *positions;  // (tensors)
  size_t tensors;
  size_t count;  // of files; 1 or more
} ig_shards;

enum { IG_SHARDS_NAME = 64 };

// most_bytes: what the tensors of one file may have together; a larger tensor has a file of its
// own. 0, or no less than all of them: there is one file. ig_shards_free in any case.
ig_status ig_shards_divide(const ig_safetensors_output *tensors, size_t count, size_t most_bytes,
                           ig_shards *out, ig_error *err);
void ig_shards_free(ig_shards *shards);
// "model.safetensors", or "model-00001-of-00003.safetensors".
void ig_shards_name(const ig_shards *shards, size_t shard, char name[IG_SHARDS_NAME]);
extern const char *const ig_shards_index_name;  // "model.safetensors.index.json"
// {"metadata": {"total_size": …}, "weight_map": {tensor: file, …}}; NULL: out of memory.
json_t *ig_shards_index(const ig_shards *shards, const ig_safetensors_output *tensors);
#endif
