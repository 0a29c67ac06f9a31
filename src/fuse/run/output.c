#include "fuse/run/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "io/json.h"

enum { MOST_SHARDS = 512, NAME = 64 };  // all shards are open at the same time

static size_t bytes_of(const ig_plan_tensor *t) { return t->elements * ig_dtype_size(t->dtype); }

// Assigns tensors to files, filling one after the other, and returns the number of files.
static size_t assign_positions(const ig_fusion_plan *plan, size_t shard_bytes,
                               ig_output_position *positions) {
  size_t shard = 0, index = 0, bytes = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const size_t more = bytes_of(&plan->tensors[i]);
    if (shard_bytes && index > 0 &&
        more > shard_bytes - (bytes < shard_bytes ? bytes : shard_bytes)) {
      shard++;
      index = 0;
      bytes = 0;
    }
    positions[i] = (ig_output_position){shard, index++};
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

typedef struct shard_opening {
  const ig_fusion_plan *plan;
  ig_staging *staging;
  ig_output *output;
  ig_safetensors_output *tensors;  // (plan->count): scratch
} shard_opening;

static size_t list_tensors(const shard_opening *s, size_t shard) {
  size_t count = 0;
  for (size_t i = 0; i < s->plan->count; i++) {
    const ig_plan_tensor *t = &s->plan->tensors[i];
    if (s->output->positions[i].shard != shard) continue;
    ig_safetensors_output *listed = &s->tensors[count++];
    *listed = (ig_safetensors_output){.name = t->name, .dtype = t->dtype, .rank = t->rank};
    memcpy(listed->shape, t->shape, sizeof t->shape);
  }
  return count;
}

static ig_status open_shard(const shard_opening *s, size_t shard, ig_error *err) {
  char name[NAME];
  name_shard(s->output, shard, name);
  return ig_staging_begin_weights(s->staging, name, s->tensors, list_tensors(s, shard),
                                  &s->output->shards[shard], err);
}

// {"metadata": {"total_size": …}, "weight_map": {tensor: file, …}}; NULL: out of memory.
static json_t *make_index(const ig_fusion_plan *plan, const ig_output *o) {
  json_t *map = json_object();
  size_t bytes = 0;
  bool fine = map != NULL;
  for (size_t i = 0; fine && i < plan->count; i++) {
    char name[NAME];
    name_shard(o, o->positions[i].shard, name);
    bytes += bytes_of(&plan->tensors[i]);
    fine = json_object_set_new(map, plan->tensors[i].name, json_string(name)) == 0;
  }
  json_t *index = fine ? json_pack("{s:{s:I}, s:O}", "metadata", "total_size", (json_int_t)bytes,
                                   "weight_map", map)
                       : NULL;
  json_decref(map);
  return index;
}

static ig_status write_index(const ig_fusion_plan *plan, const ig_output *o, ig_staging *to,
                             ig_error *err) {
  static const char name[] = "model.safetensors.index.json";
  IG_TRY(ig_staging_claim(to, name, err));
  json_t *index = make_index(plan, o);
  const ig_status status = ig_json_save_in(to->directory, name, index, 17, err);
  json_decref(index);
  return status;
}

ig_status ig_output_check(const ig_fusion_plan *plan, size_t shard_bytes, ig_problems *problems,
                          ig_error *err) {
  ig_output_position *positions = ig_allocate(plan->count, sizeof *positions, err);
  if (!positions) return IG_ERROR_MEMORY;
  const size_t count = assign_positions(plan, shard_bytes, positions);
  free(positions);
  if (count <= MOST_SHARDS) return IG_OK;
  return ig_problems_add(problems, NULL, err, "%zu shards, expected %d at most: let each be larger",
                         count, MOST_SHARDS);
}

static ig_status open_shards(const shard_opening *s, ig_error *err) {
  for (size_t i = 0; i < s->output->count; i++) IG_TRY(open_shard(s, i, err));
  return s->output->count > 1 ? write_index(s->plan, s->output, s->staging, err) : IG_OK;
}

ig_status ig_output_open(const ig_fusion_plan *plan, ig_staging *staging,
                         const ig_output_options *options, ig_output *o, ig_error *err) {
  *o = (ig_output){.positions = ig_allocate(plan->count, sizeof *o->positions, err)};
  if (!o->positions) return IG_ERROR_MEMORY;
  o->count = assign_positions(plan, options->shard_bytes, o->positions);
  o->shards = ig_allocate(o->count, sizeof(ig_safetensors_shard *), err);
  ig_safetensors_output *tensors =
      o->shards ? ig_allocate(plan->count, sizeof *tensors, err) : NULL;
  if (!tensors) return IG_ERROR_MEMORY;
  const shard_opening opening = {.plan = plan, .staging = staging, .output = o, .tensors = tensors};
  const ig_status status = open_shards(&opening, err);
  free(tensors);
  return status;
}

ig_status ig_output_put(const ig_output *o, size_t index, size_t offset, const void *data,
                        size_t bytes, ig_error *err) {
  const ig_output_position *position = &o->positions[index];
  return ig_safetensors_put(o->shards[position->shard], position->index, offset, data, bytes, err);
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
  free(o->positions);
  *o = (ig_output){0};
}
