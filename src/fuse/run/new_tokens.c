#include "fuse/run/new_tokens.h"

#include <stdio.h>

#include "base/fail.h"
#include "io/json.h"

// Sets an entry {"ID": {"content": …, "special": …}} for each token of the list.
static bool set_decoder_entries(json_t *decoder, const json_t *tokens) {
  bool fine = true;
  for (size_t i = 0; fine && i < json_array_size(tokens); i++) {
    json_t *entry = json_deep_copy(json_array_get(tokens, i));
    char id[32];
    snprintf(id, sizeof id, "%" JSON_INTEGER_FORMAT,
             json_integer_value(json_object_get(entry, "id")));
    json_object_del(entry, "id");
    fine = entry && json_object_set_new(decoder, id, entry) == 0;
  }
  return fine;
}

// A configuration that lists no added tokens gets all of the tokenizer's, for transformers takes
// such a list as the whole.
static bool extend_config(json_t *config, const json_t *all, const json_t *new_tokens) {
  json_t *decoder = json_object_get(config, "added_tokens_decoder");
  if (json_is_object(decoder)) return set_decoder_entries(decoder, new_tokens);
  decoder = json_object();
  return decoder && json_object_set_new(config, "added_tokens_decoder", decoder) == 0 &&
         set_decoder_entries(decoder, all);
}

static bool extend_map(json_t *map, const json_t *new_tokens) {
  bool fine = true;
  for (size_t i = 0; fine && i < json_array_size(new_tokens); i++) {
    const json_t *token = json_array_get(new_tokens, i);
    fine = json_object_set(map, json_string_value(json_object_get(token, "content")),
                           json_object_get(token, "id")) == 0;
  }
  return fine;
}

// A file of the tokenizer that was copied; root NULL: it does not exist.
typedef struct tokenizer_file {
  const char *name;
  json_t *root;
} tokenizer_file;

static ig_status extend_files(const ig_alignment *a, tokenizer_file files[2], const char *directory,
                              ig_error *err) {
  for (int i = 0; i < 2; i++)
    IG_TRY(ig_json_load_in_if_exists(directory, files[i].name, &files[i].root, err));
  const json_t *all = json_object_get(a->output.tokenizer, "added_tokens");
  bool fine = !files[0].root || extend_config(files[0].root, all, a->new_tokens);
  if (fine && files[1].root) fine = extend_map(files[1].root, a->new_tokens);
  if (!fine) return ig_fail_memory(err);
  for (int i = 0; i < 2; i++)
    if (files[i].root) IG_TRY(ig_json_save_in(directory, files[i].name, files[i].root, 17, err));
  return IG_OK;
}

ig_status ig_new_tokens_write(const ig_alignment *a, const char *directory, ig_error *err) {
  tokenizer_file files[2] = {{"tokenizer_config.json", NULL}, {"added_tokens.json", NULL}};
  IG_TRY(ig_json_save_in(directory, "tokenizer.json", a->output.tokenizer, 17, err));
  if (!a->new_tokens) return IG_OK;
  const ig_status status = extend_files(a, files, directory, err);
  for (int i = 0; i < 2; i++) json_decref(files[i].root);
  return status;
}
