#include "io/shards.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/allocate.h"

const char *const ig_shards_index_name = "model.safetensors.index.json";

static size_t bytes_of(const ig_safetensors_output *t) {
  size_t bytes = ig_dtype_size(t->dtype);
  for (int i = 0; i < t->rank; i++) bytes *= t->shape[i];
  return bytes;
}

ig_status ig_shards_divide(const ig_safetensors_output *tensors, size_t count, size_t most_bytes,
                           ig_shards *out, ig_error *err) {
  *out =
      (ig_shards){.positions = ig_allocate(count, sizeof *out->positions, err), .tensors = count};
  if (!out->positions) return IG_ERROR_MEMORY;
  size_t shard = 0, index = 0, bytes = 0;
  for (size_t i = 0; i < count; i++) {
    const size_t more = bytes_of(&tensors[i]);
    if (most_bytes && index > 0 && more > most_bytes - (bytes < most_bytes ? bytes : most_bytes)) {
      shard++;
      index = 0;
      bytes = 0;
    }
    out->positions[i] = (ig_shards_position){shard, index++};
    bytes += more;
  }
  out->count = shard + 1;
  return IG_OK;
}

void ig_shards_free(ig_shards *shards) {
  free(shards->positions);
  *shards = (ig_shards){0};
}

void ig_shards_name(const ig_shards *shards, size_t shard, char name[IG_SHARDS_NAME]) {
  if (shards->count == 1)
    snprintf(name, IG_SHARDS_NAME, "model.safetensors");
  else
    snprintf(name, IG_SHARDS_NAME, "model-%05zu-of-%05zu.safetensors", shard + 1, shards->count);
}

json_t *ig_shards_index(const ig_shards *shards, const ig_safetensors_output *tensors) {
  json_t *map = json_object();
  size_t bytes = 0;
  bool fine = map != NULL;
  for (size_t i = 0; fine && i < shards->tensors; i++) {
    char name[IG_SHARDS_NAME];
    ig_shards_name(shards, shards->positions[i].shard, name);
    bytes += bytes_of(&tensors[i]);
    fine = json_object_set_new(map, tensors[i].name, json_string(name)) == 0;
  }
  json_t *index = fine ? json_pack("{s:{s:I}, s:O}", "metadata", "total_size", (json_int_t)bytes,
                                   "weight_map", map)
                       : NULL;
  json_decref(map);
  return index;
}
