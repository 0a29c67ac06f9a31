// ig_fuse_verify checks whether the files that a model was fused from, and the files of the model's
// own weights, are still what they were.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/size.h"
#include "base/plain_text.h"
#include "fuse/record/provenance.h"
#include "io/json.h"
#include "io/shortlist.h"
#include "ingot.h"

typedef enum file_state {
  FILE_STATE_SAME,
  FILE_STATE_CHANGED,
  FILE_STATE_GONE,
  FILE_STATE_UNNAMED,  // weights in the directory that fusion.json does not name
  FILE_STATE_COUNT
} file_state;
static const char *const state_names[FILE_STATE_COUNT] = {"same", "changed", "gone", "unnamed"};

typedef struct checked {
  char *path;
  bool own;  // it has weights of the model itself; else it is an input
  ig_hash_kind kind;
  const char *expected;  // NULL: the file is unnamed
  size_t expected_bytes;
  char found[IG_HASH_TEXT];
  size_t bytes;
  file_state state;
} checked;

typedef struct checking {
  const char *directory, *where;
  checked *items;
  size_t count, capacity;
} checking;

// ---- the files that fusion.json names ---------------------------------------

static ig_status refuse(const checking *c, const char *what, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s", c->where, what);
}

static ig_status read_entry(const checking *c, const json_t *json, bool own, checked *out,
                            ig_error *err) {
  const char *file = json_string_value(json_object_get(json, "file"));
  const json_t *bytes = json_object_get(json, "bytes");
  *out = (checked){.own = own};
  if (!file || !*file || (own && strchr(file, '/')))
    return refuse(c, own ? "outputs: expected the name of a file" : "inputs: expected a file", err);
  for (int kind = IG_HASH_XXH3; kind <= IG_HASH_SHA256 && !out->expected; kind++) {
    out->kind = (ig_hash_kind)kind;
    out->expected = json_string_value(json_object_get(json, ig_content_hash_name(out->kind)));
  }
  if (!out->expected)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %.200s has no hash", c->where, file);
  out->expected_bytes = 0;
  if (json_is_integer(bytes) && json_integer_value(bytes) > 0 &&
      !ig_size_of((uint64_t)json_integer_value(bytes), &out->expected_bytes))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %.200s: bytes: too large", c->where, file);
  out->path =
      own ? ig_path_join(c->directory, file, err) : ig_allocate_copy(file, strlen(file), err);
  return out->path ? IG_OK : IG_ERROR_MEMORY;
}

static bool is_known(const checking *c, const char *path) {
  for (size_t i = 0; i < c->count; i++)
    if (strcmp(c->items[i].path, path) == 0) return true;
  return false;
}

static ig_status add_file(checking *c, const json_t *json, bool own, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&c->items, &c->capacity, c->count + 1, sizeof *c->items, err));
  checked *item = &c->items[c->count];
  IG_TRY(read_entry(c, json, own, item, err));
  if (is_known(c, item->path))
    free(item->path);
  else
    c->count++;
  return IG_OK;
}

static ig_status add_list(checking *c, const json_t *list, bool own, ig_error *err) {
  if (!json_is_array(list))
    return refuse(c, own ? "outputs: expected a list" : "inputs: expected a list", err);
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *json = json_array_get(list, i);
    if (json_object_get(json, "stage")) continue;  // models of stages were removed
    IG_TRY(add_file(c, json, own, err));
  }
  return IG_OK;
}

// What was found for a fusion was found on data, and by statistics that may be kept.
static ig_status add_found(checking *c, const json_t *record, ig_error *err) {
  static const char *const found[] = {"learned", "searched"};
  for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
    const json_t *data = json_object_get(json_object_get(record, found[i]), "data");
    if (data) IG_TRY(add_list(c, data, false, err));
  }
  const json_t *statistics = json_object_get(record, "statistics");
  for (size_t i = 0; i < json_array_size(statistics); i++)
    if (json_object_get(json_array_get(statistics, i), "file"))
      IG_TRY(add_file(c, json_array_get(statistics, i), false, err));
  return IG_OK;
}

static ig_status add_all(checking *c, const json_t *provenance, ig_error *err) {
  const json_t *stages = json_object_get(provenance, "stages");
  for (size_t i = 0; i < json_array_size(stages); i++) {
    IG_TRY(add_list(c, json_object_get(json_array_get(stages, i), "inputs"), false, err));
    IG_TRY(add_found(c, json_array_get(stages, i), err));
  }
  IG_TRY(add_list(c, json_object_get(provenance, "inputs"), false, err));
  IG_TRY(add_found(c, provenance, err));
  return add_list(c, json_object_get(provenance, "outputs"), true, err);
}

// ---- the files that it does not name ----------------------------------------

static bool is_weights(const char *name) {
  static const char *const ends[] = {".safetensors", ".bin", ".pt", ".pth"};
  const size_t length = strlen(name);
  if (strcmp(name, IG_SHORTLIST_NAME) == 0) return false;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    const size_t end = strlen(ends[i]);
    if (length > end && strcmp(name + length - end, ends[i]) == 0) return true;
  }
  return false;
}

static ig_status add_unnamed(checking *c, const char *name, ig_error *err) {
  char *path = ig_path_join(c->directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  ig_status status = IG_OK;
  if (!is_known(c, path))
    status =
        ig_allocate_more((void **)&c->items, &c->capacity, c->count + 1, sizeof *c->items, err);
  if (is_known(c, path) || status != IG_OK) {
    free(path);
    return status;
  }
  c->items[c->count++] = (checked){.path = path, .own = true, .state = FILE_STATE_UNNAMED};
  return IG_OK;
}

// Adds the weights beside those that fusion.json names: nobody knows what they were.
static ig_status add_all_unnamed(checking *c, ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read(c->directory, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    if (is_weights(listing.names[i])) status = add_unnamed(c, listing.names[i], err);
  ig_listing_free(&listing);
  return status;
}

// ---- the files as they are now ----------------------------------------------

static ig_status check_task(void *context, size_t index, int worker, ig_error *err) {
  (void)worker;
  checked *item = &((checking *)context)->items[index];
  if (!item->expected) return IG_OK;
  item->state = FILE_STATE_GONE;
  if (!ig_file_exists(item->path)) return IG_OK;
  IG_TRY(ig_content_hash_file(item->path, item->kind, item->found, &item->bytes, err));
  const bool same = strcmp(item->found, item->expected) == 0;
  item->state = same ? FILE_STATE_SAME : FILE_STATE_CHANGED;
  return IG_OK;
}

static bool is_intact(const checking *c) {
  bool intact = true;
  for (size_t i = 0; i < c->count; i++)
    intact = intact && c->items[i].state != FILE_STATE_CHANGED &&
             c->items[i].state != FILE_STATE_UNNAMED &&
             !(c->items[i].own && c->items[i].state == FILE_STATE_GONE);
  return intact;
}

static void print_text(const checking *c, FILE *out) {
  size_t of[FILE_STATE_COUNT] = {0};
  for (size_t i = 0; i < c->count; i++) {
    const checked *item = &c->items[i];
    of[item->state]++;
    fprintf(out, "%-8s ", state_names[item->state]);
    ig_plain_text_print(out, item->path);
    if (item->state == FILE_STATE_CHANGED) {
      fprintf(out, ": %s of %zu bytes, expected ", item->found, item->bytes);
      ig_plain_text_print(out, item->expected);
      fprintf(out, " of %zu", item->expected_bytes);
    }
    if (item->state == FILE_STATE_UNNAMED) fprintf(out, ": weights that fusion.json does not name");
    fputc('\n', out);
  }
  fprintf(out, "%zu same, %zu changed, %zu gone", of[FILE_STATE_SAME], of[FILE_STATE_CHANGED],
          of[FILE_STATE_GONE]);
  if (of[FILE_STATE_UNNAMED]) fprintf(out, ", %zu unnamed", of[FILE_STATE_UNNAMED]);
  fputc('\n', out);
}

static char *text_of(const checking *c) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  print_text(c, out);
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

static char *json_of(const checking *c) {
  json_t *files = json_array();
  bool fine = files != NULL;
  for (size_t i = 0; fine && i < c->count; i++) {
    const checked *item = &c->items[i];
    json_t *json = json_pack("{s:s, s:s, s:s*}", "file", item->path, "state",
                             state_names[item->state], "expected", item->expected);
    fine = json &&
           (item->state == FILE_STATE_GONE || item->state == FILE_STATE_UNNAMED ||
            json_object_set_new(json, "found", json_string(item->found)) == 0) &&
           json_array_append(files, json) == 0;
    json_decref(json);
  }
  json_t *all = fine ? json_pack("{s:b, s:O}", "intact", is_intact(c), "files", files) : NULL;
  char *text = all ? ig_plain_text_in_json(ig_json_text(all, JSON_INDENT(2))) : NULL;
  json_decref(all);
  json_decref(files);
  return text;
}

// ---- the public function ----------------------------------------------------

static ig_status check_all(checking *c, int threads, ig_error *err) {
  ig_pool *pool = NULL;
  IG_TRY(ig_pool_create(threads, &pool, err));
  const ig_status status = ig_pool_try(pool, c->count, check_task, c, err);
  ig_pool_free(pool);
  return status;
}

ig_status ig_fuse_verify(const char *directory, bool json, int threads, char **out, bool *intact,
                         ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  IG_TRY(ig_fail_if_null(intact, "intact", err));
  *out = NULL;
  *intact = false;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  char *path = ig_path_join(directory, ig_provenance_name, err);
  json_t *provenance = NULL;
  checking c = {.directory = directory, .where = path};
  ig_status status = path ? ig_json_load_object(path, &provenance, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = add_all(&c, provenance, err);
  if (status == IG_OK) status = add_all_unnamed(&c, err);
  if (status == IG_OK) status = check_all(&c, threads, err);
  if (status == IG_OK) {
    *intact = is_intact(&c);
    *out = json ? json_of(&c) : text_of(&c);
    if (!*out) status = ig_fail_memory_in(path, err);
  }
  for (size_t i = 0; i < c.count; i++) free(c.items[i].path);
  free(c.items);
  json_decref(provenance);
  free(path);
  return status;
}
