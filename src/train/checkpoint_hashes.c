#include "train/checkpoint_hashes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/listing.h"
#include "base/path.h"
#include "io/content_hash.h"
#include "io/json.h"

static const char *const state_file = "training.json";
static const char *const files_key = "files";
static const char *const own_key = "hash";  // of training.json, without this key

// ---- of the files --------------------------------------------------------------

static ig_status hash_file(const char *directory, const char *name, char text[IG_HASH_TEXT],
                           size_t *bytes, ig_error *err) {
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status = ig_content_hash_file(path, IG_HASH_XXH3, text, bytes, err);
  free(path);
  return status;
}

static ig_status is_regular(const char *directory, const char *name, bool *regular, ig_error *err) {
  struct stat found;
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  *regular = stat(path, &found) == 0 && S_ISREG(found.st_mode);
  free(path);
  return IG_OK;
}

static ig_status add_file(const char *directory, const char *name, json_t *files, ig_error *err) {
  char text[IG_HASH_TEXT];
  size_t bytes;
  bool regular;
  IG_TRY(is_regular(directory, name, &regular, err));
  if (!regular) return IG_OK;
  IG_TRY(hash_file(directory, name, text, &bytes, err));
  json_t *entry =
      json_pack("{s:I, s:s}", "bytes", (json_int_t)bytes, ig_content_hash_name(IG_HASH_XXH3), text);
  if (!entry) return ig_fail_memory(err);
  return json_object_set_new(files, name, entry) ? ig_fail_memory(err) : IG_OK;
}

static ig_status add_files(const char *directory, json_t *files, ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read(directory, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    if (strcmp(listing.names[i], state_file) != 0)
      status = add_file(directory, listing.names[i], files, err);
  ig_listing_free(&listing);
  return status;
}

static ig_status fail_damaged(const char *directory, const char *name, const char *what,
                              ig_error *err) {
  return ig_fail(
      err, IG_ERROR_FORMAT,
      "%s/%s: %s: this checkpoint cannot be resumed. Bring the file back from a copy, or "
      "move the directory away and start from another model (model: {init: DIR})",
      directory, name, what);
}

static ig_status check_file(const char *directory, const char *name, const json_t *entry,
                            ig_error *err) {
  const char *expected = json_string_value(json_object_get(entry, "xxh3-128"));
  const json_int_t size = json_integer_value(json_object_get(entry, "bytes"));
  char text[IG_HASH_TEXT], what[256];
  size_t bytes;
  if (!expected || !*name || strchr(name, '/'))
    return fail_damaged(directory, state_file, "its list of files is damaged", err);
  IG_TRY(hash_file(directory, name, text, &bytes, err));
  if ((json_int_t)bytes == size && strcmp(text, expected) == 0) return IG_OK;
  snprintf(what, sizeof what,
           "%zu bytes with hash %s, expected %" PRId64
           " bytes with hash %.40s: damaged or changed "
           "since it was saved",
           bytes, text, (int64_t)size, expected);
  return fail_damaged(directory, name, what, err);
}

// ---- of training.json ----------------------------------------------------------

// The same for the value that was saved and for the one that is read back. json_copy would go on
// without a key for which it finds no memory.
static ig_status hash_state(const json_t *state, char text[IG_HASH_TEXT], ig_error *err) {
  json_t *rest = json_deep_copy(state);
  if (!rest) return ig_fail_memory(err);
  json_object_del(rest, own_key);
  char *bytes = ig_json_text_for_hash(rest);
  json_decref(rest);
  if (!bytes) return ig_fail_memory(err);
  ig_content_hash_text(bytes, strlen(bytes), text);
  free(bytes);
  return IG_OK;
}

ig_status ig_checkpoint_hashes_add(const char *directory, json_t *state, ig_error *err) {
  char text[IG_HASH_TEXT];
  json_t *files = json_object();
  if (!files || json_object_set_new(state, files_key, files)) return ig_fail_memory(err);
  IG_TRY(add_files(directory, files, err));
  IG_TRY(hash_state(state, text, err));
  return json_object_set_new(state, own_key, json_string(text)) ? ig_fail_memory(err) : IG_OK;
}

static ig_status check_state(const char *directory, const json_t *state, ig_error *err) {
  const json_t *files = json_object_get(state, files_key), *own = json_object_get(state, own_key);
  char text[IG_HASH_TEXT];
  if (!files && !own) return IG_OK;
  IG_TRY(hash_state(state, text, err));
  if (!json_is_object(files) || !json_is_string(own) || strcmp(json_string_value(own), text) != 0)
    return fail_damaged(directory, state_file, "damaged or changed since it was saved", err);
  const char *name;
  json_t *entry;
  json_object_foreach((json_t *)files, name, entry) IG_TRY(check_file(directory, name, entry, err));
  return IG_OK;
}

ig_status ig_checkpoint_hashes_check(const char *directory, ig_error *err) {
  json_t *state;
  IG_TRY(ig_json_load_in(directory, state_file, &state, err));
  const ig_status status = check_state(directory, state, err);
  json_decref(state);
  return status;
}
