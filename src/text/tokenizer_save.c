// Tokenizers into model directories.
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "io/json.h"
#include "text/tokenizer_functions.h"

static json_t *make_token(const ig_added_token *token) {
  return json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "content", token->text, "lstrip",
                   token->strip_left, "rstrip", token->strip_right, "single_word",
                   token->single_word, "normalized", token->normalized, "special", token->special);
}

static bool is_named(const ig_tokenizer *t, const ig_added_token *token) {
  const char *key;
  json_t *text;
  json_object_foreach(t->named, key, text) {
    if (strcmp(token->text, json_string_value(text)) == 0) return true;
  }
  for (int s = 0; s < IG_TOKENIZER_SPECIAL_COUNT; s++)
    if (strcmp(token->text, t->special_text[s]) == 0) return true;
  return false;
}

static bool has_flags(const ig_added_token *token) {
  return token->strip_left || token->strip_right || token->single_word || token->normalized;
}

// Of IG_TOKENIZER_SHIFTED the description brings the special pieces.
static bool brings_itself(const ig_tokenizer *t, const ig_added_token *token) {
  return (is_named(t, token) && !has_flags(token)) ||
         (t->description->special_pieces && token->id < t->source.vocabulary->size);
}

static size_t count_added(const ig_tokenizer *t) {
  size_t count = 0;
  for (size_t i = 0; i < t->added.count; i++) count += !brings_itself(t, &t->added.list[i]);
  return count;
}

// The tokens that were added after training, as transformers writes them. Special ones are listed
// by name, too: that is what makes its decoder skip them.
static bool add_added_tokens(const ig_tokenizer *t, json_t *config) {
  if (count_added(t) == 0) return true;
  json_t *decoder = json_object(), *names = json_array();
  bool made = decoder && names;
  for (size_t i = 0; made && i < t->added.count; i++) {
    const ig_added_token *token = &t->added.list[i];
    char id[16];
    snprintf(id, sizeof id, "%d", token->id);
    made = json_object_set_new(decoder, id, make_token(token)) == 0;
    if (made && token->special && !is_named(t, token))
      made = json_array_append_new(names, json_string(token->text)) == 0;
  }
  made = made && json_object_set(config, "added_tokens_decoder", decoder) == 0;
  if (made && json_array_size(names) > 0)
    made = json_object_set(config, "extra_special_tokens", names) == 0;
  json_decref(decoder);
  json_decref(names);
  return made;
}

// Of a tokenizer that does as its tokenizer.json says only those that are special tokens there: a
// name would make one of them.
static bool is_left_out(const ig_tokenizer *t, int which) {
  return ig_tokenizer_parts_follows_file(t) &&
         !ig_added_tokens_of(&t->added, t->source.special_ids[which]);
}

// NULL: out of memory.
static json_t *make_config(const ig_tokenizer *t) {
  json_t *config = ig_tokenizer_functions_of(t)->make_config(t);
  bool made = config != NULL;
  for (int s = 0; made && s < IG_TOKENIZER_SPECIAL_COUNT; ++s)
    made = is_left_out(t, s) ||
           json_object_set_new(config, ig_tokenizer_parts_special_key(t, (ig_tokenizer_special)s),
                               json_string(t->special_text[s])) == 0;
  if (made && t->named) made = json_object_update(config, t->named) == 0;
  if (made && t->begin_text)
    made = json_object_set_new(config, t->description->begin_key, json_string(t->begin_text)) == 0;
  if (made && t->cleans_up)
    made = json_object_set_new(config, "clean_up_tokenization_spaces", json_true()) == 0;
  if (made && t->cleans_merged)
    made = json_object_set_new(
               config, "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output",
               json_true()) == 0;
  if (made) made = add_added_tokens(t, config);
  if (made) return config;
  json_decref(config);
  return NULL;
}

static ig_status save_config(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  (void)side;
  json_t *config = make_config(t);
  if (!config) return ig_fail_memory_in(path, err);
  const ig_status status = ig_json_save(path, config, 9, err);
  json_decref(config);
  return status;
}

ig_status ig_tokenizer_save(const ig_tokenizer *tokenizer, const char *directory, ig_error *err) {
  // The actions have one signature for reading and for writing; saving changes nothing.
  ig_tokenizer *t = (ig_tokenizer *)tokenizer;
  IG_TRY(ig_tokenizer_functions_of(t)->save(t, directory, err));
  return ig_tokenizer_parts_on_file(t, 0, directory, "tokenizer_config.json", save_config, err);
}
