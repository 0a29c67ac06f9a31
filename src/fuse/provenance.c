#include "fuse/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "fuse/companions.h"
#include "io/json.h"

const char *const ig_provenance_name = "fusion.json";

typedef struct entry {
  char *path;
  const char *stage;     // whose model it is a file of; NULL: of none
  const char *recorded;  // what the file is called: the path, or, of a stage's model, the name in its directory
  char hash[IG_HASH_TEXT];
  size_t bytes;
  ig_status status;
  ig_error err;
} entry;

typedef struct entries {
  ig_hash_kind kind;
  entry *items;
  size_t count, capacity;
} entries;

// ---- which files ---------------------------------------------------------------------------------------------------------------------------

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static ig_status add_path(entries *all, const char *path, const char *stage, ig_error *err) {
  IG_TRY(ig_grow((void **)&all->items, &all->capacity, all->count + 1, sizeof *all->items, err));
  entry *e = &all->items[all->count];
  *e = (entry){.path = ig_duplicate(path, strlen(path), err), .stage = stage};
  if (!e->path) return IG_ERROR_MEMORY;
  e->recorded = stage ? base_name(e->path) : e->path;
  all->count++;
  return IG_OK;
}

// DIRECTORY/name, where it is there.
static ig_status add_file(entries *all, const char *directory, const char *name, const char *stage, ig_error *err) {
  char *path = ig_join_path(directory, name, err);
  const ig_status status = !path ? IG_ERROR_MEMORY : ig_file_exists(path) ? add_path(all, path, stage, err) : IG_OK;
  free(path);
  return status;
}

static ig_status add_weights(entries *all, const ig_safetensors *tensors, const char *stage, ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_file_count(tensors); i++) IG_TRY(add_path(all, ig_safetensors_file(tensors, i), stage, err));
  return IG_OK;
}

// Pieces decide which rows are fused: the files that they come from count, and the tokenizer's other files.
static ig_status add_tokenizers(entries *all, const ig_plan *plan, ig_error *err) {
  static const char *const names[] = {"vocab.json", "target_vocab.json", "spiece.model", "tokenizer_config.json", NULL};
  const ig_fuse_model *donor = ig_plan_donor(plan);
  const char *tokenizer = ig_companions_tokenizer(plan);
  for (size_t i = 0; i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    for (size_t k = 0; names[k] && m != donor; k++) IG_TRY(add_file(all, m->directory, names[k], m->made ? m->made->name : NULL, err));
  }
  for (size_t i = 1; ig_companions[i] && strcmp(tokenizer, donor->directory) != 0; i++) IG_TRY(add_file(all, tokenizer, ig_companions[i], NULL, err));
  return IG_OK;
}

static ig_status add_inputs(entries *all, const ig_plan *plan, ig_error *err) {
  const ig_fuse_model *donor = ig_plan_donor(plan);
  const char *stage = donor->made ? donor->made->name : NULL;
  IG_TRY(add_file(all, donor->directory, "config.json", stage, err));
  for (size_t i = 0; ig_companions[i]; i++) IG_TRY(add_file(all, donor->directory, ig_companions[i], stage, err));
  if (plan->alignment) IG_TRY(add_tokenizers(all, plan, err));
  for (size_t i = 0; i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    if (m->adapter) IG_TRY(add_file(all, ig_lora_directory(m->adapter), "adapter_config.json", NULL, err));
    if (m->adapter) IG_TRY(add_path(all, ig_lora_file(m->adapter), NULL, err));
    IG_TRY(add_weights(all, m->tensors, m->made ? m->made->name : NULL, err));
  }
  return IG_OK;
}

// ---- hashes --------------------------------------------------------------------------------------------------------------------------------

static void hash_task(void *context, size_t index, int worker) {
  (void)worker;
  const entries *all = context;
  entry *e = &all->items[index];
  e->status = ig_hash_file(e->path, all->kind, e->hash, &e->bytes, &e->err);
}

static json_t *to_json(const entries *all) {
  json_t *list = json_array();
  for (size_t i = 0; list && i < all->count; i++) {
    const entry *e = &all->items[i];
    json_t *item = json_pack("{s:s, s:I, s:s}", "file", e->recorded, "bytes", (json_int_t)e->bytes, ig_hash_name_of(all->kind), e->hash);
    if (!item || (e->stage && json_object_set_new(item, "stage", json_string(e->stage))) || json_array_append(list, item)) {
      json_decref(list);
      list = NULL;
    }
    json_decref(item);
  }
  return list;
}

// *out: a new reference.
static ig_status hash_all(const entries *all, ig_pool *pool, json_t **out, ig_error *err) {
  ig_pool_run(pool, all->count, hash_task, (void *)all);
  for (size_t i = 0; i < all->count; i++)
    if (all->items[i].status != IG_OK) return ig_fail(err, all->items[i].status, "%s", all->items[i].err.message);
  *out = to_json(all);
  return *out ? IG_OK : ig_fail(err, IG_ERROR_MEMORY, "out of memory");
}

static void free_entries(entries *all) {
  for (size_t i = 0; i < all->count; i++) free(all->items[i].path);
  free(all->items);
}

// ---- the whole -----------------------------------------------------------------------------------------------------------------------------

static ig_status build(const ig_plan *plan, json_t *inputs, const json_t *stages, json_t **out, ig_error *err) {
  *out = json_pack("{s:s, s:s, s:o, s:I, s:O}", "ingot", ig_version(), "method", plan->recipe->method->name, "recipe",
                   ig_yaml_to_json(plan->recipe->root), "seed", (json_int_t)plan->recipe->seed, "inputs", inputs);
  if (*out && (json_array_size(stages) == 0 || json_object_set(*out, "stages", (json_t *)stages) == 0)) return IG_OK;
  json_decref(*out);
  *out = NULL;
  return ig_fail(err, IG_ERROR_MEMORY, "out of memory");
}

ig_status ig_provenance_make(const ig_plan *plan, ig_hash_kind kind, ig_pool *pool, const json_t *stages, json_t **out, ig_error *err) {
  entries all = {.kind = kind};
  json_t *inputs = NULL;
  *out = NULL;
  ig_status status = add_inputs(&all, plan, err);
  if (status == IG_OK) status = hash_all(&all, pool, &inputs, err);
  if (status == IG_OK) status = build(plan, inputs, stages, out, err);
  json_decref(inputs);
  free_entries(&all);
  return status;
}

ig_status ig_provenance_fingerprint(const json_t *provenance, char text[IG_HASH_TEXT], ig_error *err) {
  char *bytes = ig_json_text(provenance, JSON_COMPACT | JSON_SORT_KEYS);
  if (!bytes) return ig_fail(err, IG_ERROR_MEMORY, "out of memory");
  ig_hash_text(bytes, strlen(bytes), text);
  free(bytes);
  return IG_OK;
}

ig_status ig_provenance_add_outputs(json_t *provenance, const char *directory, ig_hash_kind kind, ig_pool *pool, ig_error *err) {
  entries all = {.kind = kind};
  ig_safetensors *weights = NULL;
  json_t *outputs = NULL;
  ig_status status = ig_safetensors_open(directory, &weights, err);
  if (status == IG_OK) status = add_weights(&all, weights, "", err);
  for (size_t i = 0; i < all.count; i++) all.items[i].stage = NULL;  // by the names in the directory, whatever it is called
  if (status == IG_OK) status = hash_all(&all, pool, &outputs, err);
  if (status == IG_OK && json_object_set(provenance, "outputs", outputs)) status = ig_fail(err, IG_ERROR_MEMORY, "out of memory");
  json_decref(outputs);
  free_entries(&all);
  ig_safetensors_close(weights);
  return status;
}

ig_status ig_provenance_save(const json_t *provenance, const char *directory, ig_error *err) {
  char *path = ig_join_path(directory, ig_provenance_name, err);
  const ig_status status = path ? ig_json_save(path, provenance, 17, err) : IG_ERROR_MEMORY;
  free(path);
  return status;
}

json_t *ig_provenance_load_equal(const char *directory, const json_t *expected) {
  char *path = ig_join_path(directory, ig_provenance_name, NULL);
  json_t *found = NULL, *compared = NULL;
  if (path && ig_file_exists(path) && ig_json_load_object(path, &found, NULL) == IG_OK) compared = json_copy(found);
  free(path);
  json_object_del(compared, "outputs");
  const bool equal = json_equal(compared, (json_t *)expected);
  json_decref(compared);
  if (equal) return found;
  json_decref(found);
  return NULL;
}
