#include "fuse/run/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/json.h"

enum { MOST_SHARDS = 512 };  // all shards are open at the same time

// The tensors of the plan as they are written, for free(); NULL: out of memory.
static ig_safetensors_output *list_tensors(const ig_fusion_plan *plan, ig_error *err) {
  ig_safetensors_output *tensors = ig_allocate(plan->count, sizeof *tensors, err);
  for (size_t i = 0; tensors && i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    tensors[i] = (ig_safetensors_output){.name = t->name, .dtype = t->dtype, .rank = t->rank};
    memcpy(tensors[i].shape, t->shape, sizeof t->shape);
  }
  return tensors;
}

ig_status ig_output_check(const ig_fusion_plan *plan, size_t shard_bytes, ig_problems *problems,
                          ig_error *err) {
  ig_safetensors_output *tensors = list_tensors(plan, err);
  if (!tensors) return IG_ERROR_MEMORY;
  ig_shards files = {0};
  ig_status status = ig_shards_divide(tensors, plan->count, shard_bytes, &files, err);
  if (status == IG_OK && files.count > MOST_SHARDS)
    status =
        ig_problems_add(problems, NULL, err, "%zu shards, expected %d at most: let each be larger",
                        files.count, MOST_SHARDS);
  ig_shards_free(&files);
  free(tensors);
  return status;
}

static ig_status write_index(const ig_output *o, const ig_safetensors_output *tensors,
                             ig_staging *to, ig_error *err) {
  IG_TRY(ig_staging_claim(to, ig_shards_index_name, err));
  json_t *index = ig_shards_index(&o->files, tensors);
  const ig_status status = ig_json_save_in(to->directory, ig_shards_index_name, index, 17, err);
  json_decref(index);
  return status;
}

// The tensors of a file follow one another.
static ig_status open_shards(ig_output *o, const ig_safetensors_output *tensors, ig_staging *to,
                             ig_error *err) {
  size_t first = 0;
  for (size_t i = 0; i < o->files.count; i++) {
    char name[IG_SHARDS_NAME];
    size_t end = first;
    while (end < o->files.tensors && o->files.positions[end].shard == i) end++;
    ig_shards_name(&o->files, i, name);
    IG_TRY(ig_staging_begin_weights(to, name, tensors + first, end - first, &o->shards[i], err));
    first = end;
  }
  return o->files.count > 1 ? write_index(o, tensors, to, err) : IG_OK;
}

ig_status ig_output_open(const ig_fusion_plan *plan, ig_staging *staging,
                         const ig_output_options *options, ig_output *o, ig_error *err) {
  *o = (ig_output){0};
  ig_safetensors_output *tensors = list_tensors(plan, err);
  if (!tensors) return IG_ERROR_MEMORY;
  ig_status status = ig_shards_divide(tensors, plan->count, options->shard_bytes, &o->files, err);
  if (status == IG_OK) {
    o->shards = ig_allocate(o->files.count, sizeof(ig_safetensors_shard *), err);
    status = o->shards ? open_shards(o, tensors, staging, err) : IG_ERROR_MEMORY;
  }
  free(tensors);
  return status;
}

ig_status ig_output_put(const ig_output *o, size_t index, size_t offset, const void *data,
                        size_t bytes, ig_error *err) {
  const ig_shards_position *position = &o->files.positions[index];
  return ig_safetensors_put(o->shards[position->shard], position->index, offset, data, bytes, err);
}

ig_status ig_output_flush(const ig_output *o, ig_error *err) {
  for (size_t i = 0; i < o->files.count; i++) IG_TRY(ig_safetensors_flush(o->shards[i], err));
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
  for (size_t i = 0; o->shards && i < o->files.count; i++) ig_safetensors_end(o->shards[i]);
  free(o->shards);
  ig_shards_free(&o->files);
  *o = (ig_output){0};
}
