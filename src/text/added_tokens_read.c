// Added tokens from the files of a model directory.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "text/added_tokens.h"

// The attributes of transformers' tokenizers that name a special token, in its order.
static const char *const attributes[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                         "pad_token", "cls_token", "mask_token"};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };

// A token's text, or an object of its text and its flags, as transformers writes both.
static ig_status read_token(const json_t *value, const char *where, ig_added_token *token,
                            ig_error *err) {
  const ig_json_object from = {value, where};
  const char *text = json_string_value(value);
  if (json_is_object(value)) {
    IG_TRY(ig_json_string(from, "content", NULL, &text, err));
    IG_TRY(ig_json_bool(from, "lstrip", false, &token->strip_left, err));
    IG_TRY(ig_json_bool(from, "rstrip", false, &token->strip_right, err));
    IG_TRY(ig_json_bool(from, "single_word", false, &token->single_word, err));
    bool special;
    IG_TRY(ig_json_bool(from, "special", token->special, &special, err));
    token->special = token->special || special;
    IG_TRY(ig_json_bool(from, "normalized", !token->special, &token->normalized, err));
  }
  if (!text || !*text)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: an added token: expected a text, or an object with \"content\"", where);
  token->text = (char *)text;  // ig_added_tokens_add copies it
  return IG_OK;
}

static ig_status parse_id(const char *key, const char *where, int *id, ig_error *err) {
  char *end;
  const long value = strtol(key, &end, 10);
  if (*key < '0' || *key > '9' || *end != '\0' || value >= INT_MAX)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: added_tokens_decoder: expected ids as keys, found \"%.40s\"", where, key);
  *id = (int)value;
  return IG_OK;
}

// "added_tokens_decoder": {"8001": {"content": "<tag>", …}, …}
static ig_status read_decoder(ig_added_tokens *tokens, const json_t *decoder, const char *where,
                              ig_error *err) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)decoder, key, value) {
    ig_added_token token = {0};
    IG_TRY(parse_id(key, where, &token.id, err));
    IG_TRY(read_token(value, where, &token, err));
    IG_TRY(ig_added_tokens_add(tokens, &token, err));
  }
  return IG_OK;
}

// {"<tag>": 8001, …}
static ig_status read_file(ig_added_tokens *tokens, ig_json_object file, ig_error *err) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)file.object, key, value) {
    const json_int_t id = json_is_integer(value) ? json_integer_value(value) : -1;
    if (id < 0 || id >= INT_MAX || !*key)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: token '%.100s': expected an id from 0 to %d",
                     file.where, key, INT_MAX - 1);
    const ig_added_token token = {.text = (char *)key, .id = (int)id, .normalized = true};
    IG_TRY(ig_added_tokens_add(tokens, &token, err));
  }
  return IG_OK;
}

static ig_status add_special(ig_added_tokens *tokens, const json_t *value, const char *where,
                             ig_error *err) {
  ig_added_token token = {.id = -1, .special = true};
  if (!value || json_is_null(value)) return IG_OK;
  IG_TRY(read_token(value, where, &token, err));
  return ig_added_tokens_add(tokens, &token, err);
}

static bool is_attribute(const char *key) {
  for (int i = 0; i < ATTRIBUTES; i++)
    if (strcmp(key, attributes[i]) == 0) return true;
  return false;
}

static bool names_a_token(const char *key) {
  const size_t length = strlen(key);
  return length > 6 && strcmp(key + length - 6, "_token") == 0;
}

// Tokens under keys of a model's own, which end in _token, too.
static ig_status read_attributes(ig_added_tokens *tokens, ig_json_object config, ig_error *err) {
  const char *key;
  json_t *value;
  for (int i = 0; i < ATTRIBUTES; i++)
    IG_TRY(add_special(tokens, json_object_get(config.object, attributes[i]), config.where, err));
  json_object_foreach((json_t *)config.object, key, value) {
    if (!names_a_token(key) || is_attribute(key)) continue;
    if (json_is_string(value) || json_is_object(value))
      IG_TRY(add_special(tokens, value, config.where, err));
  }
  return IG_OK;
}

// A list of tokens, or an object of them by name.
static ig_status read_special_list(ig_added_tokens *tokens, ig_json_object config, const char *key,
                                   ig_error *err) {
  const json_t *list = json_object_get(config.object, key);
  const char *name;
  json_t *value;
  size_t i;
  json_array_foreach(list, i, value) IG_TRY(add_special(tokens, value, config.where, err));
  json_object_foreach((json_t *)list, name, value)
      IG_TRY(add_special(tokens, value, config.where, err));
  return IG_OK;
}

ig_status ig_added_tokens_read(ig_added_tokens *tokens, ig_json_object config, ig_json_object file,
                               ig_error *err) {
  const json_t *decoder = json_object_get(config.object, "added_tokens_decoder");
  if (decoder)
    IG_TRY(read_decoder(tokens, decoder, config.where, err));
  else
    IG_TRY(read_file(tokens, file, err));
  IG_TRY(read_attributes(tokens, config, err));
  IG_TRY(read_special_list(tokens, config, "extra_special_tokens", err));
  return read_special_list(tokens, config, "additional_special_tokens", err);
}
