#include "fuse/search/searched_recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "io/json.h"

// The value that a name with a dollar stands for; NULL: it is no such name.
static json_t *value_of(const json_t *scalar, const json_t *values) {
  const char *text = json_string_value(scalar);
  return text && text[0] == '$' ? json_object_get(values, text + 1) : NULL;
}

// A new reference; NULL: out of memory.
static json_t *with_values(json_t *json, const json_t *values) {
  json_t *value = value_of(json, values), *out = value ? json_incref(value) : ig_json_copy(json);
  const char *key;
  json_t *child;
  size_t index;
  int failed = !out;
  if (failed || value) return out;
  json_object_foreach(json, key, child) if (!failed) failed =
      json_object_set_new(out, key, with_values(child, values));
  json_array_foreach(json, index, child) if (!failed) failed =
      json_array_set_new(out, index, with_values(child, values));
  if (!failed) return out;
  json_decref(out);
  return NULL;
}

ig_status ig_searched_recipe_make(const ig_search_space *space, const json_t *values,
                                  const char *file, ig_recipe_file *out, ig_error *err) {
  *out = (ig_recipe_file){0};
  json_t *document = with_values(space->document, values);
  if (document) json_object_del(document, "search");
  char *text = document ? ig_json_text(document, JSON_COMPACT) : NULL;
  json_decref(document);
  if (!text) return ig_fail_memory(err);
  const ig_status status = ig_recipe_file_parse(text, strlen(text), file, out, err);
  free(text);
  return status;
}
