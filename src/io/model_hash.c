// Hashes config.json and weights of a model directory, and of adapters that its name adds.
#include "io/model_hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/listing.h"
#include "base/name.h"
#include "base/path.h"
#include "ingot.h"

// Whether a file of a model directory decides what the model computes: config.json and weights,
// but not the state of a training.
static bool decides(const char *name) {
  static const char *const ends[] = {".safetensors", ".bin", ".npz"};
  if (strcmp(name, "training.safetensors") == 0) return false;
  bool found = strcmp(name, "config.json") == 0 || strcmp(name, "adapter_config.json") == 0;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    found = found || ig_name_ends_with(name, ends[i]);
  return found;
}

// Text is a hash of all before it; it becomes one of that and the file.
static ig_status add_hash(const char *directory, const char *name, char text[IG_HASH_TEXT],
                          ig_error *err) {
  char both[2 * IG_HASH_TEXT], its[IG_HASH_TEXT];
  size_t bytes;
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status = ig_content_hash_file(path, IG_HASH_XXH3, its, &bytes, err);
  free(path);
  IG_TRY(status);
  snprintf(both, sizeof both, "%s%s", text, its);
  ig_content_hash_text(both, strlen(both), text);
  return IG_OK;
}

ig_status ig_model_hash_add(const char *directory, char text[IG_HASH_TEXT], ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read(directory, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    if (decides(listing.names[i])) status = add_hash(directory, listing.names[i], text, err);
  ig_listing_free(&listing);
  return status;
}

ig_status ig_model_hash_find(const char *name, char text[IG_HASH_TEXT], ig_error *err) {
  ig_status status = IG_OK;
  *text = '\0';
  for (const char *rest; status == IG_OK && name; name = rest) {
    char *directory;
    IG_TRY(ig_model_name_find(name, &directory, &rest, err));
    status = ig_model_hash_add(directory, text, err);
    free(directory);
  }
  return status;
}
