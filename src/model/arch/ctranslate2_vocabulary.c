#include "model/arch/ctranslate2_vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"

static ig_status add_token(json_t *ids, const char *token, size_t *count, const char *path,
                           ig_error *err) {
  if (!token) return ig_fail(err, IG_ERROR_FORMAT, "%s: item %zu is no text", path, *count + 1);
  const json_int_t id = (json_int_t)(*count)++;
  if (json_object_get(ids, token) || json_object_set_new(ids, token, json_integer(id)) == 0)
    return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: item %zu: out of memory, or no UTF-8", path, *count);
}

static ig_status load_list(const char *path, json_t *ids, size_t *count, ig_error *err) {
  json_t *list, *item;
  size_t i;
  IG_TRY(ig_json_load(path, &list, err));
  ig_status status = json_is_array(list)
                         ? IG_OK
                         : ig_fail(err, IG_ERROR_FORMAT, "%s: expected a list of tokens", path);
  json_array_foreach(list, i, item) {
    if (status == IG_OK) status = add_token(ids, json_string_value(item), count, path, err);
  }
  json_decref(list);
  return status;
}

static ig_status load_lines(const char *path, json_t *ids, size_t *count, ig_error *err) {
  char *text;
  size_t size;
  IG_TRY(ig_file_load(path, &text, &size, err));
  ig_status status = IG_OK;
  for (char *line = text; status == IG_OK && *line;) {
    char *end = strchr(line, '\n');
    if (end) *end = '\0';
    status = add_token(ids, line, count, path, err);
    line = end ? end + 1 : line + strlen(line);
  }
  free(text);
  return status;
}

// found false: there is no such file.
static ig_status load_named(ig_ctranslate2_vocabulary *v, const char *name, int side, bool *found,
                            ig_error *err) {
  static const char *const endings[] = {".json", ".txt"};
  ig_status (*load)(const char *, json_t *, size_t *, ig_error *) = load_list;
  *found = false;
  for (int i = 0; i < 2 && !*found; i++) {
    char file[64];
    snprintf(file, sizeof file, "%s%s", name, endings[i]);
    *found = ig_file_exists_in(v->directory, file);
    if (!*found) continue;
    if (i == 1) load = load_lines;
    char *path = ig_path_join(v->directory, file, err);
    v->ids[side] = path ? json_object() : NULL;
    ig_status status = v->ids[side] ? IG_OK : ig_fail_memory(err);
    if (status == IG_OK) status = load(path, v->ids[side], &v->count[side], err);
    free(path);
    IG_TRY(status);
  }
  return IG_OK;
}

ig_status ig_ctranslate2_vocabulary_load(const char *directory, ig_ctranslate2_vocabulary *out,
                                         ig_error *err) {
  bool found, both;
  *out = (ig_ctranslate2_vocabulary){.directory = directory};
  IG_TRY(load_named(out, "shared_vocabulary", 0, &found, err));
  if (found) {
    out->ids[1] = json_incref(out->ids[0]);
    out->count[1] = out->count[0];
    return IG_OK;
  }
  IG_TRY(load_named(out, "source_vocabulary", 0, &found, err));
  IG_TRY(load_named(out, "target_vocabulary", 1, &both, err));
  out->separate = true;
  if (found && both) return IG_OK;
  return ig_fail(err, IG_ERROR_IO,
                 "%s: shared_vocabulary.json is missing, or source_vocabulary.json and "
                 "target_vocabulary.json",
                 directory);
}

void ig_ctranslate2_vocabulary_free(ig_ctranslate2_vocabulary *v) {
  json_decref(v->ids[0]);
  json_decref(v->ids[1]);
  *v = (ig_ctranslate2_vocabulary){0};
}

ig_status ig_ctranslate2_vocabulary_check(const ig_ctranslate2_vocabulary *v, size_t rows,
                                          ig_error *err) {
  for (int side = 0; side < 2; side++)
    if (v->count[side] > rows)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: a vocabulary of %zu tokens, but the embedding has "
                     "%zu rows",
                     v->directory, v->count[side], rows);
  return IG_OK;
}

int ig_ctranslate2_vocabulary_find(const ig_ctranslate2_vocabulary *v, int side,
                                   const char *token) {
  const json_t *id = json_object_get(v->ids[side], token);
  return id ? (int)json_integer_value(id) : -1;
}

ig_status ig_ctranslate2_vocabulary_token(const ig_ctranslate2_vocabulary *v,
                                          const json_t *settings, const char *key,
                                          const char *fallback, int *id, ig_error *err) {
  const char *named = json_string_value(json_object_get(settings, key));
  const char *token = named ? named : fallback;
  *id = ig_ctranslate2_vocabulary_find(v, 1, token);
  if (*id >= 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: '%.40s' is not in the vocabulary", v->directory,
                 key, token);
}

json_t *ig_ctranslate2_vocabulary_ids(const ig_ctranslate2_vocabulary *v, int side, int pad) {
  json_t *ids = json_copy(v->ids[side]);
  if (!ids || json_object_get(ids, "<pad>") ||
      json_object_set_new(ids, "<pad>", json_integer(pad)) == 0)
    return ids;
  json_decref(ids);
  return NULL;
}
