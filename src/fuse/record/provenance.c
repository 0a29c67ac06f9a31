#include "fuse/record/provenance.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"

const char *const ig_provenance_name = "fusion.json";

static ig_status set(json_t *provenance, const char *key, json_t *value, ig_error *err) {
  return value && json_object_set_new(provenance, key, value) == 0 ? IG_OK : ig_fail_memory(err);
}

ig_status ig_provenance_make(const ig_fusion_plan *plan, const json_t *stages, json_t **out,
                             ig_error *err) {
  *out = json_pack("{s:s, s:s, s:o, s:I}", "ingot", ig_version(), "method",
                   plan->recipe->method->name, "recipe", ig_yaml_to_json(plan->recipe->root),
                   "seed", (json_int_t)plan->recipe->seed);
  if (*out &&
      (json_array_size(stages) == 0 || json_object_set(*out, "stages", (json_t *)stages) == 0))
    return IG_OK;
  json_decref(*out);
  *out = NULL;
  return ig_fail_memory(err);
}

ig_status ig_provenance_fingerprint(const json_t *provenance, const ig_contents *contents,
                                    char text[IG_HASH_TEXT], ig_error *err) {
  json_t *stamps = ig_contents_stamps(contents);
  json_t *both = stamps ? json_pack("[O, o]", provenance, stamps) : NULL;
  char *bytes = both ? ig_json_text(both, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
  if (bytes) ig_content_hash_text(bytes, strlen(bytes), text);
  json_decref(both);
  if (!bytes) return ig_fail_memory(err);
  free(bytes);
  return IG_OK;
}

ig_status ig_provenance_add_contents(json_t *provenance, const ig_contents *contents,
                                     ig_error *err) {
  IG_TRY(set(provenance, "inputs", ig_contents_json(contents, 0, contents->inputs), err));
  if (contents->count == contents->inputs) return IG_OK;
  return set(provenance, "outputs", ig_contents_json(contents, contents->inputs, contents->count),
             err);
}

ig_status ig_provenance_save(const json_t *provenance, const char *directory, ig_error *err) {
  char *path = ig_path_join(directory, ig_provenance_name, err);
  const ig_status status = path ? ig_json_save(path, provenance, 17, err) : IG_ERROR_MEMORY;
  free(path);
  return status;
}

json_t *ig_provenance_load_equal(const char *directory, const json_t *expected) {
  char *path = ig_path_join(directory, ig_provenance_name, NULL);
  json_t *found = NULL, *compared = NULL;
  if (path && ig_file_exists(path) && ig_json_load_object(path, &found, NULL) == IG_OK)
    compared = json_copy(found);
  free(path);
  json_object_del(compared, "outputs");
  const bool equal = json_equal(compared, (json_t *)expected);
  json_decref(compared);
  if (equal) return found;
  json_decref(found);
  return NULL;
}
