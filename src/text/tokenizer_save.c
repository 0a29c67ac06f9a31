// Tokenizers into model directories.
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"
#include "text/tokenizer_parts.h"

static json_t *make_shifted_config(const ig_tokenizer *t) {
  const ig_tokenizer_description *d = t->description;
  json_t *config = json_pack("{s:i, s:s}", "model_max_length", t->model_max_length,
                             "tokenizer_class", d->class_names[0]);
  if (d->shift_key && json_object_set_new(config, d->shift_key, json_integer(d->shift)) != 0) {
    json_decref(config);
    return NULL;
  }
  return config;
}

static json_t *make_vocabulary_config(const ig_tokenizer *t) {
  return json_pack("{s:s?, s:s?, s:i, s:s, s:b}", "source_lang", t->source_lang, "target_lang",
                   t->target_lang, "model_max_length", t->model_max_length, "tokenizer_class",
                   t->description->class_names[0], "separate_vocabs", t->shared ? 0 : 1);
}

static json_t *make_token(const ig_added_token *token) {
  return json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "content", token->text, "lstrip",
                   token->strip_left, "rstrip", token->strip_right, "single_word",
                   token->single_word, "normalized", !token->special, "special", token->special);
}

static bool is_named(const ig_tokenizer *t, const ig_added_token *token) {
  for (int s = 0; s < IG_TOKENIZER_SPECIAL_COUNT; s++)
    if (strcmp(token->text, t->special_text[s]) == 0) return true;
  return false;
}

// Of IG_TOKENIZER_SHIFTED the description brings the special pieces.
static bool brings_itself(const ig_tokenizer *t, const ig_added_token *token) {
  return is_named(t, token) ||
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

// NULL: out of memory.
static json_t *make_config(const ig_tokenizer *t) {
  json_t *config = t->description->kind == IG_TOKENIZER_SHIFTED ? make_shifted_config(t)
                                                                : make_vocabulary_config(t);
  bool made = config != NULL;
  for (int s = 0; made && s < IG_TOKENIZER_SPECIAL_COUNT; ++s)
    made = json_object_set_new(config, ig_tokenizer_parts_special_keys[s],
                               json_string(t->special_text[s])) == 0;
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

static ig_status save_vocabulary(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  return ig_vocabulary_save(&t->vocabularies[side], path, err);
}

static ig_status save_model(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  size_t size;
  const void *bytes = ig_sentencepiece_bytes(side == 0 ? t->source.spm : t->target.spm, &size);
  return ig_file_write(path, bytes, size, err);
}

static ig_status save_vocabularies(ig_tokenizer *t, const char *directory, ig_error *err) {
  const ig_tokenizer_files *files = &t->description->files;
  IG_TRY(ig_tokenizer_parts_on_file(t, 0, directory, files->vocabulary, save_vocabulary, err));
  if (t->shared) return IG_OK;
  return ig_tokenizer_parts_on_file(t, 1, directory, files->target_vocabulary, save_vocabulary,
                                    err);
}

ig_status ig_tokenizer_save(const ig_tokenizer *tokenizer, const char *directory, ig_error *err) {
  // The actions have one signature for reading and for writing; saving changes nothing.
  ig_tokenizer *t = (ig_tokenizer *)tokenizer;
  const ig_tokenizer_files *files = &t->description->files;
  const ig_tokenizer_kind kind = t->description->kind;
  if (kind != IG_TOKENIZER_WORDS)
    IG_TRY(ig_tokenizer_parts_on_file(t, 0, directory, files->source_model, save_model, err));
  if (kind == IG_TOKENIZER_PIECES)
    IG_TRY(ig_tokenizer_parts_on_file(t, 1, directory, files->target_model, save_model, err));
  if (kind != IG_TOKENIZER_SHIFTED) IG_TRY(save_vocabularies(t, directory, err));
  return ig_tokenizer_parts_on_file(t, 0, directory, "tokenizer_config.json", save_config, err);
}
