// Tokenizers from model directories.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"
#include "text/tokenizer_choice.h"
#include "text/tokenizer_connection.h"
#include "text/tokenizer_functions.h"

static ig_status keep_string(ig_json_object config, const char *key, char **out, ig_error *err) {
  const char *text;
  IG_TRY(ig_json_string(config, key, NULL, &text, err));
  if (!text) return IG_OK;
  *out = ig_allocate_copy(text, strlen(text), err);
  return *out ? IG_OK : IG_ERROR_MEMORY;
}

// "eos_token": "</s>", or {"content": "</s>", ...} as older versions of transformers wrote it.
static ig_status find_token(ig_json_object config, const char *key, const char **text,
                            ig_error *err) {
  const json_t *value = json_object_get(config.object, key);
  if (json_is_object(value)) {
    IG_TRY(ig_json_string((ig_json_object){value, config.where}, "content", *text, text, err));
  } else {
    IG_TRY(ig_json_string(config, key, *text, text, err));
  }
  return **text ? IG_OK : ig_fail(err, IG_ERROR_FORMAT, "%s: %s: empty", config.where, key);
}

static ig_status read_special(ig_tokenizer *t, ig_json_object config, ig_tokenizer_special which,
                              ig_error *err) {
  const char *text = t->description->special[which];
  IG_TRY(find_token(config, ig_tokenizer_parts_special_key(t, which), &text, err));
  return ig_tokenizer_parts_set_special(t, which, text, err);
}

// Those that the configuration does not name get their usual names there, so that all are read
// alike.
static ig_status name_tokens(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  const ig_named_token *named = t->description->named;
  if (!named) return IG_OK;
  bool made = (t->named = json_object()) != NULL;
  for (; made && named->key; named++) {
    const char *text = named->text;
    IG_TRY(find_token(config, named->key, &text, err));
    made = json_object_set_new(t->named, named->key, json_string(text)) == 0;
    if (made && !json_object_get(config.object, named->key))
      made = json_object_set_new((json_t *)config.object, named->key, json_string(text)) == 0;
  }
  return made ? IG_OK : ig_fail_memory_in(config.where, err);
}

// The token before every text.
static ig_status read_begin(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  const char *text = t->description->begin;
  if (!text) return IG_OK;
  IG_TRY(find_token(config, t->description->begin_key, &text, err));
  t->begin_text = ig_allocate_copy(text, strlen(text), err);
  return t->begin_text ? IG_OK : IG_ERROR_MEMORY;
}

// The languages' token may come before or after a text.
static ig_status read_order(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  const ig_tokenizer_languages *l = t->description->languages;
  if (!l) return IG_OK;
  t->ends_source = l->ends_source;
  if (!l->ends_source_key) return IG_OK;
  return ig_json_bool(config, l->ends_source_key, l->ends_source, &t->ends_source, err);
}

static ig_status read_cleaning(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  IG_TRY(ig_json_bool(config, "clean_up_tokenization_spaces", false, &t->cleans_up, err));
  return ig_json_bool(config,
                      "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output",
                      false, &t->cleans_merged, err);
}

static ig_status read_config(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  double longest;  // some files hold 1e30 for "no limit"
  bool separate;
  IG_TRY(name_tokens(t, config, err));
  IG_TRY(ig_json_bool(config, "separate_vocabs", false, &separate, err));
  IG_TRY(ig_json_number(config, "model_max_length", t->model_max_length, &longest, err));
  t->shared = !separate;
  const ig_tokenizer_functions *f = ig_tokenizer_functions_of(t);
  if (f->read_config) IG_TRY(f->read_config(t, config, err));
  t->model_max_length = longest >= 1 && longest < INT_MAX ? (int)longest : INT_MAX;
  IG_TRY(read_order(t, config, err));
  IG_TRY(read_cleaning(t, config, err));
  const char *const *keys = ig_tokenizer_functions_language_keys(t);
  IG_TRY(keep_string(config, keys[0], &t->source_lang, err));
  IG_TRY(keep_string(config, keys[1], &t->target_lang, err));
  for (int i = 0; i < IG_TOKENIZER_SPECIAL_COUNT; ++i)
    IG_TRY(read_special(t, config, (ig_tokenizer_special)i, err));
  IG_TRY(read_begin(t, config, err));
  return IG_OK;
}

// Lets the keys of special_tokens_map.json win, which older versions of transformers wrote; of the
// lists the configuration's own wins. Where the configuration holds the added tokens themselves,
// that file does not count.
static ig_status merge_special_map(const char *directory, json_t *config, ig_error *err) {
  json_t *map;
  if (json_object_get(config, "added_tokens_decoder")) return IG_OK;
  IG_TRY(ig_json_load_in_if_exists(directory, "special_tokens_map.json", &map, err));
  if (json_object_get(config, "additional_special_tokens"))
    json_object_del(map, "additional_special_tokens");
  const bool merged = !map || json_object_update(config, map) == 0;
  json_decref(map);
  return merged ? IG_OK : ig_fail_memory_in(directory, err);
}

static ig_status read_added_tokens(ig_tokenizer *t, const char *directory, ig_json_object config,
                                   ig_error *err) {
  static const char name[] = "added_tokens.json";
  json_t *file;
  IG_TRY(ig_json_load_in_if_exists(directory, name, &file, err));
  t->lists_added = json_object_get(config.object, "added_tokens_decoder") != NULL;
  const ig_status status =
      ig_added_tokens_read(&t->added, config, (ig_json_object){file, name}, err);
  json_decref(file);
  return status;
}

// Without a tokenizer_config.json the defaults of the description hold.
static ig_status open_config(const ig_tokenizer *t, const char *path, json_t **out, ig_error *err) {
  const json_t *made = ig_tokenizer_parts_made_file(t, ig_path_base_name(path));
  *out = NULL;
  if (!made && ig_file_exists(path)) return ig_json_load_object(path, out, err);
  *out = made ? json_deep_copy(made) : json_object();
  return *out ? IG_OK : ig_fail_memory_in(path, err);
}

static ig_status load_config(ig_tokenizer *t, const char *directory,
                             const ig_tokenizer_description *const *offered, ig_error *err) {
  char *path = ig_path_join(directory, "tokenizer_config.json", err);
  if (!path) return IG_ERROR_MEMORY;
  json_t *root = NULL;
  ig_status status = open_config(t, path, &root, err);
  if (status == IG_OK) status = merge_special_map(directory, root, err);
  const ig_json_object config = {root, path};
  if (status == IG_OK)
    status = ig_tokenizer_choice_make(offered, directory, config, &t->description, err);
  if (status == IG_OK) status = read_config(t, config, err);
  if (status == IG_OK) status = read_added_tokens(t, directory, config, err);
  json_decref(root);
  free(path);
  return status;
}

static ig_status load_files(const char *directory, const ig_foreign_files *foreign,
                            const ig_tokenizer_description *const *offered, ig_tokenizer **out,
                            ig_error *err) {
  *out = NULL;
  ig_tokenizer *t;
  IG_TRY(ig_tokenizer_parts_create(offered[0], &t, err));
  t->foreign = foreign;
  ig_status status = load_config(t, directory, offered, err);
  if (status == IG_OK) status = ig_tokenizer_functions_of(t)->load(t, directory, err);
  if (status == IG_OK) status = ig_tokenizer_connection_make(t, directory, err);
  t->foreign = NULL;
  return ig_tokenizer_parts_deliver(t, status, out);
}

ig_status ig_tokenizer_load(const char *directory, const ig_tokenizer_description *const *offered,
                            ig_tokenizer **out, ig_error *err) {
  return load_files(directory, NULL, offered, out, err);
}

ig_status ig_tokenizer_load_foreign(const ig_foreign_files *files,
                                    const ig_tokenizer_description *const *offered,
                                    ig_tokenizer **out, ig_error *err) {
  return load_files(files->directory, files, offered, out, err);
}
