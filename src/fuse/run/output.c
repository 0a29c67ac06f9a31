#include "fuse/run/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"

enum { MOST_SHARDS = 512, NAME = 64 };  // all are open at a time

static size_t bytes_of(const ig_plan_tensor *t) { return t->elements * ig_dtype_size(t->dtype); }

// Fills one file after the other. The number of files.
static size_t assign_slots(const ig_fusion_plan *plan, size_t shard_bytes, ig_output_slot *slots) {
  size_t shard = 0, index = 0, bytes = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const size_t more = bytes_of(&plan->tensors[i]);
    if (shard_bytes && index > 0 &&
        more > shard_bytes - (bytes < shard_bytes ? bytes : shard_bytes))
      shard++, index = 0, bytes = 0;
    slots[i] = (ig_output_slot){shard, index++};
    bytes += more;
  }
  return shard + 1;
}

static void name_shard(const ig_output *o, size_t shard, char name[NAME]) {
  if (o->count == 1)
    snprintf(name, NAME, "model.safetensors");
  else
    snprintf(name, NAME, "model-%05zu-of-%05zu.safetensors", shard + 1, o->count);
}

static ig_status open_shard(const ig_fusion_plan *plan, const char *directory, size_t shard,
                            bool go_on, ig_output *o, ig_safetensors_output *tensors,
                            ig_error *err) {
  char name[NAME];
  size_t count = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (o->slots[i].shard != shard) continue;
    tensors[count] = (ig_safetensors_output){.name = t->name, .dtype = t->dtype, .rank = t->rank};
    memcpy(tensors[count++].shape, t->shape, sizeof t->shape);
  }
  name_shard(o, shard, name);
  char *path = ig_path_join(directory, name, err);
  const ig_status status =
      path ? ig_safetensors_begin(path, tensors, count, NULL, go_on, &o->shards[shard], err)
           : IG_ERROR_MEMORY;
  free(path);
  return status;
}

// {"metadata": {"total_size": …}, "weight_map": {tensor: file, …}}; NULL: out of memory.
static json_t *make_index(const ig_fusion_plan *plan, const ig_output *o) {
  json_t *map = json_object();
  size_t bytes = 0;
  bool fine = map != NULL;
  for (size_t i = 0; fine && i < plan->count; i++) {
    char name[NAME];
    name_shard(o, o->slots[i].shard, name);
    bytes += bytes_of(&plan->tensors[i]);
    fine = json_object_set_new(map, plan->tensors[i].name, json_string(name)) == 0;
  }
  json_t *index = fine ? json_pack("{s:{s:I}, s:O}", "metadata", "total_size", (json_int_t)bytes,
                                   "weight_map", map)
                       : NULL;
  json_decref(map);
  return index;
}

static ig_status write_index(const ig_fusion_plan *plan, const ig_output *o, const char *directory,
                             ig_error *err) {
  json_t *index = make_index(plan, o);
  char *path = index ? ig_path_join(directory, "model.safetensors.index.json", err) : NULL;
  const ig_status status = path ? ig_json_save(path, index, 17, err) : ig_fail_memory(err);
  free(path);
  json_decref(index);
  return status;
}

ig_status ig_output_check(const ig_fusion_plan *plan, size_t shard_bytes, ig_problems *problems,
                          ig_error *err) {
  ig_output_slot *slots = ig_allocate(plan->count, sizeof *slots, err);
  if (!slots) return IG_ERROR_MEMORY;
  const size_t count = assign_slots(plan, shard_bytes, slots);
  free(slots);
  if (count <= MOST_SHARDS) return IG_OK;
  return ig_problems_add(problems, NULL, err, "%zu shards, expected %d at most: let each be larger",
                         count, MOST_SHARDS);
}

ig_status ig_output_open(const ig_fusion_plan *plan, const char *directory, size_t shard_bytes,
                         bool go_on, ig_output *o, ig_error *err) {
  *o = (ig_output){.slots = ig_allocate(plan->count, sizeof *o->slots, err)};
  if (!o->slots) return IG_ERROR_MEMORY;
  o->count = assign_slots(plan, shard_bytes, o->slots);
  o->shards = ig_allocate(o->count, sizeof(ig_safetensors_pieces *), err);
  ig_safetensors_output *tensors =
      o->shards ? ig_allocate(plan->count, sizeof *tensors, err) : NULL;
  ig_status status = tensors ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < o->count; i++)
    status = open_shard(plan, directory, i, go_on, o, tensors, err);
  if (status == IG_OK && o->count > 1) status = write_index(plan, o, directory, err);
  free(tensors);
  return status;
}

ig_status ig_output_put(const ig_output *o, size_t index, size_t offset, const void *data,
                        size_t bytes, ig_error *err) {
  const ig_output_slot *slot = &o->slots[index];
  return ig_safetensors_put(o->shards[slot->shard], slot->index, offset, data, bytes, err);
}

ig_status ig_output_flush(const ig_output *o, ig_error *err) {
  for (size_t i = 0; i < o->count; i++) IG_TRY(ig_safetensors_flush(o->shards[i], err));
  return IG_OK;
}

static void *sync_all(void *context) {
  ig_output *o = context;
  o->status = ig_output_flush(o, &o->err);
  return NULL;
}

ig_status ig_output_sync_begin(ig_output *o, ig_error *err) {
  const int failed = pthread_create(&o->syncing, NULL, sync_all, o);
  return failed ? ig_fail(err, IG_ERROR_MEMORY, "cannot start a thread: %s", strerror(failed))
                : IG_OK;
}

ig_status ig_output_sync_end(ig_output *o, ig_error *err) {
  pthread_join(o->syncing, NULL);
  return o->status == IG_OK ? IG_OK : ig_fail(err, o->status, "%s", o->err.message);
}

void ig_output_close(ig_output *o) {
  for (size_t i = 0; o->shards && i < o->count; i++) ig_safetensors_end(o->shards[i]);
  free(o->shards);
  free(o->slots);
  *o = (ig_output){0};
}
