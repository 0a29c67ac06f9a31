#include "fuse/record/provenance.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"

const char *const ig_provenance_name = "fusion.json";
const char *const ig_provenance_files = "files";
const char *const ig_provenance_found = "found";

static ig_status set_new(json_t *json, const char *key, json_t *value, ig_error *err) {
  return value && json_object_set_new(json, key, value) == 0 ? IG_OK : ig_fail_memory(err);
}

static ig_status describe_fusion(const ig_fusion_plan *plan, const ig_provenance_options *o,
                                 json_t **out, ig_error *err) {
  *out =
      json_pack("{s:s, s:s, s:O, s:I}", "ingot", ig_version(), "method", plan->recipe->method->name,
                "recipe", plan->recipe->document, "seed", (json_int_t)plan->recipe->seed);
  if (!*out) return ig_fail_memory(err);
  if (json_array_size(o->stages) > 0) IG_TRY(set_new(*out, "stages", json_incref(o->stages), err));
  if (o->scores) IG_TRY(set_new(*out, "scores", json_incref(o->scores), err));
  if (o->learned) IG_TRY(set_new(*out, "learned", json_incref(o->learned), err));
  if (o->statistics) IG_TRY(set_new(*out, "statistics", json_incref(o->statistics), err));
  if (o->searched) IG_TRY(set_new(*out, "searched", json_incref(o->searched), err));
  // The description has the size, so that an unfinished fusion does not go on in files of another.
  if (o->shard_bytes)
    IG_TRY(set_new(*out, "shard_bytes", json_integer((json_int_t)o->shard_bytes), err));
  return IG_OK;
}

ig_status ig_provenance_begin(const ig_fusion_plan *plan, const ig_provenance_options *options,
                              ig_provenance *out, ig_error *err) {
  *out = (ig_provenance){0};
  IG_TRY(describe_fusion(plan, options, &out->json, err));
  return ig_contents_of_plan(plan, options->hashes, &out->contents, err);
}

void ig_provenance_free(ig_provenance *provenance) {
  json_decref(provenance->json);
  ig_contents_free(&provenance->contents);
}

ig_status ig_provenance_fingerprint(const ig_provenance *provenance, char text[IG_HASH_TEXT],
                                    ig_error *err) {
  json_t *stamps = ig_contents_stamps(&provenance->contents);
  json_t *both = stamps ? json_pack("[O, o]", provenance->json, stamps) : NULL;
  char *bytes = both ? ig_json_text_for_hash(both) : NULL;
  if (bytes) ig_content_hash_text(bytes, strlen(bytes), text);
  json_decref(both);
  if (!bytes) return ig_fail_memory(err);
  free(bytes);
  return IG_OK;
}

ig_status ig_provenance_hash(ig_provenance *provenance, ig_pool *pool, ig_error *err) {
  ig_contents *contents = &provenance->contents;
  IG_TRY(ig_contents_hash(contents, pool, err));
  IG_TRY(set_new(provenance->json, "inputs", ig_contents_json(contents, 0, contents->inputs), err));
  if (contents->count == contents->inputs) return IG_OK;
  return set_new(provenance->json, "outputs",
                 ig_contents_json(contents, contents->inputs, contents->count), err);
}

ig_status ig_provenance_name_files(ig_provenance *provenance, char *const *names, size_t count,
                                   ig_error *err) {
  json_t *list = json_array();
  bool fine = list != NULL;
  for (size_t i = 0; fine && i < count; i++)
    fine = json_array_append_new(list, json_string(names[i])) == 0;
  if (fine) return set_new(provenance->json, ig_provenance_files, list, err);
  json_decref(list);
  return ig_fail_memory(err);
}

ig_status ig_provenance_save(const ig_provenance *provenance, const char *directory,
                             ig_error *err) {
  return ig_json_save_in(directory, ig_provenance_name, provenance->json, 17, err);
}

// Whether `found` has this description and these inputs. Its outputs are not compared, nor what was
// found out on the way to them.
static bool is_same(const json_t *found, const json_t *description, const json_t *inputs) {
  json_t *rest = json_deep_copy(found);
  json_object_del(rest, "inputs");
  json_object_del(rest, "outputs");
  json_object_del(rest, ig_provenance_files);
  json_object_del(rest, ig_provenance_found);
  const bool same =
      json_equal(rest, description) && json_equal(json_object_get(found, "inputs"), inputs);
  json_decref(rest);
  return same;
}

ig_status ig_provenance_find_same(ig_provenance *provenance, const char *directory, ig_pool *pool,
                                  json_t **found, ig_error *err) {
  *found = NULL;
  if (!ig_file_exists(directory)) return IG_OK;
  IG_TRY(ig_contents_hash(&provenance->contents, pool, err));
  json_t *inputs = ig_contents_json(&provenance->contents, 0, provenance->contents.inputs);
  if (!inputs) return ig_fail_memory(err);
  json_t *loaded;
  if (ig_json_load_in_if_exists(directory, ig_provenance_name, &loaded, NULL) != IG_OK)
    loaded = NULL;  // a file that cannot be read counts as none
  if (is_same(loaded, provenance->json, inputs))
    *found = loaded;
  else
    json_decref(loaded);
  json_decref(inputs);
  return IG_OK;
}
