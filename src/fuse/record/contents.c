#include "fuse/record/contents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "fuse/input/donor_files.h"
#include "io/model_directory.h"

// ---- which files ------------------------------------------------------------

static ig_status add_path(ig_contents *all, const char *path, const char *stage, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&all->items, &all->capacity, all->count + 1, sizeof *all->items,
                          err));
  ig_content *e = &all->items[all->count];
  *e = (ig_content){.path = ig_allocate_copy(path, strlen(path), err), .stage = stage};
  if (!e->path) return IG_ERROR_MEMORY;
  e->recorded = stage ? ig_path_base_name(e->path) : e->path;
  all->count++;
  return ig_file_stamp(e->path, e->stamp, &e->bytes, err);
}

// Adds DIRECTORY/name, if it exists.
static ig_status add_file(ig_contents *all, const char *directory, const char *name,
                          const char *stage, ig_error *err) {
  char *path = ig_path_join(directory, name, err);
  const ig_status status = !path                  ? IG_ERROR_MEMORY
                           : ig_file_exists(path) ? add_path(all, path, stage, err)
                                                  : IG_OK;
  free(path);
  return status;
}

static ig_status add_weights(ig_contents *all, const ig_safetensors *tensors, const char *stage,
                             ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_file_count(tensors); i++)
    IG_TRY(add_path(all, ig_safetensors_file(tensors, i), stage, err));
  return IG_OK;
}

// The files of a directory that have one of the roles (ig_model_directory_role).
static ig_status add_files(ig_contents *all, const char *directory, unsigned roles,
                           const char *stage, ig_error *err) {
  const char *name;
  for (size_t at = 0; (name = ig_model_directory_next(roles, &at)) != NULL;)
    IG_TRY(add_file(all, directory, name, stage, err));
  return IG_OK;
}

// The files that go along (fuse/input/donor_files.h), those of the table first; of_tokenizer: only
// those of the tokenizer.
static ig_status add_listed_files(ig_contents *all, const char *directory,
                                  const ig_donor_files *files, bool of_tokenizer, const char *stage,
                                  ig_error *err) {
  const unsigned roles = IG_MODEL_DIRECTORY_ROLE_TOKENIZER |
                         (of_tokenizer ? 0u : (unsigned)IG_MODEL_DIRECTORY_ROLE_GENERATION);
  const char *name;
  const size_t first = all->count;
  for (size_t at = 0; (name = ig_model_directory_next(roles, &at)) != NULL;)
    if (ig_donor_files_has(files, name)) IG_TRY(add_file(all, directory, name, stage, err));
  const size_t known = all->count;
  for (size_t i = 0; i < files->count; i++) {
    bool added = files->items[i].left_out ||
                 (of_tokenizer && !ig_donor_files_is_tokenizer(files->items[i].name));
    for (size_t k = first; k < known && !added; k++)
      added = strcmp(ig_path_base_name(all->items[k].path), files->items[i].name) == 0;
    if (!added) IG_TRY(add_file(all, directory, files->items[i].name, stage, err));
  }
  return IG_OK;
}

static ig_status add_companions(ig_contents *all, const char *directory,
                                const ig_safetensors *weights, const char *stage, ig_error *err) {
  ig_donor_files files = {0};
  ig_status status = ig_donor_files_list(directory, weights, &files, err);
  if (status == IG_OK) status = add_listed_files(all, directory, &files, !weights, stage, err);
  ig_donor_files_free(&files);
  return status;
}

static const char *stage_of(const ig_fuse_model *m) { return m->stage ? m->stage->name : NULL; }

// Adds the files that the result also depends on if rows are matched by piece: those that the
// pieces come from, and the other files of the output's tokenizer.
static ig_status add_tokenizers(ig_contents *all, const ig_fusion_plan *plan, ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  const char *tokenizer = ig_fusion_plan_tokenizer(plan);
  for (size_t i = 0; i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    if (m == donor) continue;
    IG_TRY(add_files(all, m->directory, IG_MODEL_DIRECTORY_ROLE_PIECES, stage_of(m), err));
    IG_TRY(add_files(all, m->directory, IG_MODEL_DIRECTORY_ROLE_KIND, stage_of(m), err));
  }
  if (strcmp(tokenizer, donor->directory) == 0) return IG_OK;
  return add_companions(all, tokenizer, NULL, NULL, err);
}

static ig_status add_adapter(ig_contents *all, const ig_lora_adapter *adapter, ig_error *err) {
  IG_TRY(add_file(all, ig_lora_adapter_directory(adapter), "adapter_config.json", NULL, err));
  return add_path(all, ig_lora_adapter_file(adapter), NULL, err);
}

static ig_status add_inputs(ig_contents *all, const ig_fusion_plan *plan, ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  IG_TRY(add_files(all, donor->directory, IG_MODEL_DIRECTORY_ROLE_CONFIG, stage_of(donor), err));
  IG_TRY(add_companions(all, donor->directory, donor->tensors, stage_of(donor), err));
  if (plan->alignment) IG_TRY(add_tokenizers(all, plan, err));
  const ig_learning *learning = plan->recipe->learning;
  if (learning && learning->data_count == 0)
    IG_TRY(add_path(all, learning->coefficients, NULL, err));
  for (size_t i = 0; i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    for (size_t k = 0; k < ig_lora_adapter_count(m->adapters); k++)
      IG_TRY(add_adapter(all, ig_lora_adapter_at(m->adapters, k), err));
    IG_TRY(add_weights(all, m->tensors, stage_of(m), err));
  }
  return IG_OK;
}

ig_status ig_contents_of_plan(const ig_fusion_plan *plan, ig_hash_kind kind, ig_contents *out,
                              ig_error *err) {
  *out = (ig_contents){.kind = kind};
  IG_TRY(add_inputs(out, plan, err));
  out->inputs = out->count;
  return IG_OK;
}

static ig_status add_model(ig_contents *all, const char *directory, ig_error *err) {
  ig_safetensors *weights = NULL;
  ig_status status = ig_safetensors_open(directory, &weights, err);
  if (status == IG_OK) status = add_weights(all, weights, "", err);
  ig_safetensors_close(weights);
  return status;
}

ig_status ig_contents_add_outputs(ig_contents *all, const char *directory, const char *file,
                                  ig_error *err) {
  const size_t first = all->count;
  const ig_status status =
      file ? add_file(all, directory, file, "", err) : add_model(all, directory, err);
  for (size_t i = first; i < all->count; i++)
    all->items[i].stage = NULL;  // "" made the record hold names instead of paths
  return status;
}

void ig_contents_free(ig_contents *all) {
  for (size_t i = 0; i < all->count; i++) free(all->items[i].path);
  free(all->items);
  *all = (ig_contents){0};
}

// ---- hashes -----------------------------------------------------------------

typedef struct hashing {
  ig_hash_kind kind;
  ig_content **files;  // (count)
  size_t count;
} hashing;

static ig_status hash_task(void *context, size_t index, int worker, ig_error *err) {
  (void)worker;
  const hashing *h = context;
  ig_content *e = h->files[index];
  return ig_content_hash_file(e->path, h->kind, e->hash, &e->bytes, err);
}

// The largest file comes first, so that in the end no thread works on a large one alone.
static int compare_sizes(const void *a, const void *b) {
  const ig_content *x = *(ig_content *const *)a, *y = *(ig_content *const *)b;
  return x->bytes == y->bytes ? 0 : x->bytes > y->bytes ? -1 : 1;
}

static ig_status check_unchanged(const ig_contents *all, ig_error *err) {
  for (size_t i = 0; i < all->inputs; i++) {
    char stamp[IG_STAMP_TEXT];
    size_t bytes;
    IG_TRY(ig_file_stamp(all->items[i].path, stamp, &bytes, err));
    if (strcmp(stamp, all->items[i].stamp) != 0)
      return ig_fail(err, IG_ERROR_IO, "%s: changed while it was fused", all->items[i].path);
  }
  return IG_OK;
}

ig_status ig_contents_hash(ig_contents *all, ig_pool *pool, ig_error *err) {
  hashing h = {.kind = all->kind, .files = ig_allocate(all->count, sizeof(ig_content *), err)};
  if (!h.files) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < all->count; i++)
    if (!*all->items[i].hash) h.files[h.count++] = &all->items[i];
  qsort(h.files, h.count, sizeof *h.files, compare_sizes);
  const ig_status status = ig_pool_try(pool, h.count, hash_task, &h, err);
  free(h.files);
  return status == IG_OK ? check_unchanged(all, err) : status;
}

// ---- as JSON ----------------------------------------------------------------

static bool append(json_t *list, json_t *item) {
  return item && json_array_append_new(list, item) == 0;
}

static json_t *describe_file(const char *name, size_t bytes, ig_hash_kind kind, const char *hash) {
  return json_pack("{s:s, s:I, s:s}", "file", name, "bytes", (json_int_t)bytes,
                   ig_content_hash_name(kind), hash);
}

static json_t *describe(const ig_contents *all, const ig_content *e) {
  json_t *item = describe_file(e->recorded, e->bytes, all->kind, e->hash);
  if (!e->stage || !item || json_object_set_new(item, "stage", json_string(e->stage)) == 0)
    return item;
  json_decref(item);
  return NULL;
}

json_t *ig_contents_json(const ig_contents *all, size_t first, size_t end) {
  json_t *list = json_array();
  bool fine = list != NULL;
  for (size_t i = first; fine && i < end; i++) fine = append(list, describe(all, &all->items[i]));
  if (fine) return list;
  json_decref(list);
  return NULL;
}

static bool is_before(const char *const *paths, size_t index) {
  for (size_t i = 0; i < index; i++)
    if (paths[i] && strcmp(paths[i], paths[index]) == 0) return true;
  return false;
}

static ig_status add_files_to(json_t *list, const char *const *paths, size_t count,
                              ig_hash_kind kind, ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    char hash[IG_HASH_TEXT];
    size_t bytes;
    if (!paths[i] || is_before(paths, i)) continue;
    IG_TRY(ig_content_hash_file(paths[i], kind, hash, &bytes, err));
    if (!append(list, describe_file(paths[i], bytes, kind, hash))) return ig_fail_memory(err);
  }
  return IG_OK;
}

ig_status ig_contents_describe_files(const char *const *paths, size_t count, ig_hash_kind kind,
                                     json_t **out, ig_error *err) {
  *out = json_array();
  if (!*out) return ig_fail_memory(err);
  const ig_status status = add_files_to(*out, paths, count, kind, err);
  if (status == IG_OK) return IG_OK;
  json_decref(*out);
  *out = NULL;
  return status;
}

json_t *ig_contents_stamps(const ig_contents *all) {
  json_t *list = json_array();
  bool fine = list != NULL;
  for (size_t i = 0; fine && i < all->inputs; i++)
    fine = append(list, json_pack("[s, s]", all->items[i].path, all->items[i].stamp));
  if (fine) return list;
  json_decref(list);
  return NULL;
}
