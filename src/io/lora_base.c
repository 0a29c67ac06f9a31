// Compares hashes of models: see lora_base.h.
#include "io/lora_base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/json.h"
#include "io/model_hash.h"

const char *const ig_lora_base_file = "base_model.json";

static ig_status read_base(const char *directory, json_t **base, const char **hash, ig_error *err) {
  IG_TRY(ig_json_load_in_if_exists(directory, ig_lora_base_file, base, err));
  *hash = json_string_value(json_object_get(*base, "hash"));
  return IG_OK;
}

ig_status ig_lora_base_compare(const char *directory, const char *hash, char **other,
                               ig_error *err) {
  json_t *base = NULL;
  const char *its;
  *other = NULL;
  ig_status status = read_base(directory, &base, &its, err);
  if (status == IG_OK && its && strcmp(its, hash) != 0) {
    const char *name = json_string_value(json_object_get(base, "name"));
    if (!name) name = "unnamed";
    *other = ig_allocate_copy(name, strlen(name), err);
    if (!*other) status = IG_ERROR_MEMORY;
  }
  json_decref(base);
  return status;
}

// Hashes of the model alone and with its first adapters, made when somebody asks.
typedef struct base_hashes {
  const ig_lora_adapters *adapters;
  const char *directory;
  char alone[IG_HASH_TEXT], before[IG_HASH_TEXT];
  size_t added;  // the model counts as one
} base_hashes;

// The hash of the model with its first `count` adapters.
static ig_status hash_before(base_hashes *h, size_t count, ig_error *err) {
  for (; h->added <= count; h->added++) {
    const char *directory =
        h->added == 0 ? h->directory
                      : ig_lora_adapter_directory(ig_lora_adapter_at(h->adapters, h->added - 1));
    IG_TRY(ig_model_hash_add(directory, h->before, err));
    if (h->added == 0) memcpy(h->alone, h->before, sizeof h->alone);
  }
  return IG_OK;
}

static ig_status has_hash(const char *directory, bool *found, ig_error *err) {
  json_t *base = NULL;
  const char *hash;
  const ig_status status = read_base(directory, &base, &hash, err);
  *found = status == IG_OK && hash;
  json_decref(base);
  return status;
}

static ig_status note_adapter(base_hashes *h, size_t index, ig_problems *notes, ig_error *err) {
  const char *directory = ig_lora_adapter_directory(ig_lora_adapter_at(h->adapters, index));
  bool found;
  char *other;
  IG_TRY(has_hash(directory, &found, err));
  if (!found) return IG_OK;
  IG_TRY(hash_before(h, index, err));
  IG_TRY(ig_lora_base_compare(directory, h->alone, &other, err));
  if (!other) return IG_OK;
  free(other);
  IG_TRY(ig_lora_base_compare(directory, h->before, &other, err));
  if (!other) return IG_OK;
  const ig_status status = ig_problems_add(
      notes, NULL, err,
      "%s: it was trained on another model (%s) than %s, or that one's files have changed since",
      directory, other, h->directory);
  free(other);
  return status;
}

ig_status ig_lora_base_note(const ig_lora_adapters *adapters, const char *directory,
                            ig_problems *notes, ig_error *err) {
  base_hashes hashes = {.adapters = adapters, .directory = directory};
  for (size_t i = 0; i < ig_lora_adapter_count(adapters); i++)
    IG_TRY(note_adapter(&hashes, i, notes, err));
  return IG_OK;
}
