#include "fuse/provenance.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "io/json.h"

typedef struct input {
  const char *path;
  char hash[IG_HASH_TEXT];
  size_t bytes;
  ig_status status;
  ig_error err;
} input;

typedef struct inputs {
  ig_hash_kind kind;
  input *input;
} inputs;

static void hash_task(void *context, size_t index, int worker) {
  (void)worker;
  const inputs *all = context;
  input *i = &all->input[index];
  i->status = ig_hash_file(i->path, all->kind, i->hash, &i->bytes, &i->err);
}

static json_t *to_json(const inputs *all, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; list && i < count; i++) {
    const input *in = &all->input[i];
    json_t *entry = json_pack("{s:s, s:I, s:s}", "file", in->path, "bytes", (json_int_t)in->bytes, ig_hash_name_of(all->kind), in->hash);
    if (!entry || json_array_append_new(list, entry)) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

ig_status ig_provenance_make(const ig_plan *plan, ig_hash_kind kind, ig_pool *pool, json_t **out, ig_error *err) {
  size_t count = 0;
  for (size_t m = 0; m < plan->models.count; m++)
    count += ig_safetensors_file_count(plan->models.model[m].tensors) + (plan->models.model[m].adapter != NULL);
  inputs all = {.kind = kind, .input = ig_allocate(count, sizeof *all.input, err)};
  if (!all.input) return IG_ERROR_MEMORY;
  for (size_t m = 0, i = 0; m < plan->models.count; m++) {
    if (plan->models.model[m].adapter) all.input[i++].path = ig_lora_file(plan->models.model[m].adapter);
    for (size_t f = 0; f < ig_safetensors_file_count(plan->models.model[m].tensors); f++)
      all.input[i++].path = ig_safetensors_file(plan->models.model[m].tensors, f);
  }
  ig_pool_run(pool, count, hash_task, &all);
  ig_status status = IG_OK;
  for (size_t i = 0; i < count && status == IG_OK; i++)
    if (all.input[i].status != IG_OK) status = ig_fail(err, all.input[i].status, "%s", all.input[i].err.message);
  if (status == IG_OK) {
    *out = json_pack("{s:s, s:s, s:o, s:I, s:o}", "ingot", ig_version(), "method", plan->recipe->method->name, "recipe",
                     ig_yaml_to_json(plan->recipe->root), "seed", (json_int_t)plan->recipe->seed, "inputs", to_json(&all, count));
    if (!*out) status = ig_fail(err, IG_ERROR_MEMORY, "out of memory");
  }
  free(all.input);
  return status;
}

ig_status ig_provenance_fingerprint(const json_t *provenance, char text[IG_HASH_TEXT], ig_error *err) {
  char *bytes = ig_json_text(provenance, JSON_COMPACT | JSON_SORT_KEYS);
  if (!bytes) return ig_fail(err, IG_ERROR_MEMORY, "out of memory");
  ig_hash_text(bytes, strlen(bytes), text);
  free(bytes);
  return IG_OK;
}
