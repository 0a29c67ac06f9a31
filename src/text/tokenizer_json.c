#include "text/tokenizer_json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/base64.h"

void ig_tokenizer_json_free(ig_tokenizer_json *json) {
  json_decref(json->root);
  free(json->bytes);
  free(json->where);
  *json = (ig_tokenizer_json){0};
}

static ig_status check_file(const ig_tokenizer_json *json, ig_error *err) {
  const json_t *version = json_object_get(json->root, "version");
  const char *text = json_string_value(version);
  if (!text || strcmp(text, "1.0") != 0)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: version: expected \"1.0\", found %s",
                   json->where, text ? text : ig_json_type_name(version));
  if (json_is_object(json_object_get(json->root, "model"))) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: model: expected an object, found %s", json->where,
                 ig_json_type_name(json_object_get(json->root, "model")));
}

ig_status ig_tokenizer_json_load(ig_tokenizer_json *json, const char *directory, ig_error *err) {
  json->where = ig_path_join(directory, IG_TOKENIZER_JSON_NAME, err);
  if (!json->where) return IG_ERROR_MEMORY;
  IG_TRY(ig_file_load(json->where, &json->bytes, &json->size, err));
  IG_TRY(ig_json_parse(json->bytes, json->size, json->where, &json->root, err));
  if (!json_is_object(json->root))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: expected an object, found %s", json->where,
                   ig_json_type_name(json->root));
  return check_file(json, err);
}

const char *ig_tokenizer_json_type(const json_t *step) {
  const char *type = json_string_value(json_object_get(step, "type"));
  return type ? type : "";
}

const char *ig_tokenizer_json_kind(const json_t *model) {
  const char *type = ig_tokenizer_json_type(model);
  if (*type) return type;
  if (json_object_get(model, "merges")) return "BPE";
  if (json_is_array(json_object_get(model, "vocab"))) return "Unigram";
  return json_object_get(model, "continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

bool ig_tokenizer_json_split_merge(const json_t *entry, ig_merge_text *merge) {
  const char *text = json_string_value(entry);
  const json_t *left = json_array_get(entry, 0), *right = json_array_get(entry, 1);
  if (text) return ig_merges_split(text, json_string_length(entry), merge);
  if (!json_is_string(left) || !json_is_string(right) || json_array_size(entry) != 2) return false;
  *merge = (ig_merge_text){json_string_value(left), json_string_value(right),
                           json_string_length(left), json_string_length(right)};
  return true;
}

ig_status ig_tokenizer_json_each_step(ig_json_object step, const char *key,
                                      ig_tokenizer_json_visit visit, void *context, ig_error *err) {
  const json_t *one;
  size_t i;
  if (!step.object || json_is_null(step.object)) return IG_OK;
  if (strcmp(ig_tokenizer_json_type(step.object), "Sequence") != 0)
    return visit(context, step, err);
  const json_t *list = json_object_get(step.object, key);
  if (!json_is_array(list))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s of a Sequence: expected a list, found %s",
                   step.where, key, ig_json_type_name(list));
  json_array_foreach(list, i, one) IG_TRY(
      ig_tokenizer_json_each_step((ig_json_object){one, step.where}, key, visit, context, err));
  return IG_OK;
}

ig_status ig_tokenizer_json_refuse(const char *where, const char *part, const char *type,
                                   ig_error *err) {
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s: '%.100s' is not built", where, part, type);
}

// ---- the table of normalizations --------------------------------------------

ig_status ig_tokenizer_json_read_charsmap(const json_t *step, const char *where, ig_charsmap *map,
                                          ig_error *err) {
  const json_t *value = json_object_get(step, "precompiled_charsmap");
  unsigned char *bytes = NULL;
  size_t size = 0;
  if (!json_is_string(value))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: precompiled_charsmap: expected a text, found %s",
                   where, ig_json_type_name(value));
  ig_status status =
      ig_base64_decode(json_string_value(value), json_string_length(value), &bytes, &size, err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s: precompiled_charsmap", where);
  if (size == 0)
    status = ig_fail(err, IG_ERROR_FORMAT, "%s: precompiled_charsmap: an empty table", where);
  if (status == IG_OK) status = ig_charsmap_read(map, bytes, size, where, err);
  free(bytes);
  return status;
}

static bool is_precompiled(const json_t *step) {
  return strcmp(ig_tokenizer_json_type(step), "Precompiled") == 0;
}

ig_status ig_tokenizer_json_find_charsmap(const ig_tokenizer_json *json, ig_charsmap *map,
                                          ig_error *err) {
  const json_t *normalizer = json_object_get(json->root, "normalizer"), *step;
  size_t i;
  if (is_precompiled(normalizer))
    return ig_tokenizer_json_read_charsmap(normalizer, json->where, map, err);
  json_array_foreach(json_object_get(normalizer, "normalizers"), i, step) {
    if (is_precompiled(step)) return ig_tokenizer_json_read_charsmap(step, json->where, map, err);
  }
  return IG_OK;
}

// ---- added tokens -----------------------------------------------------------

static ig_status read_added(const json_t *value, const char *where, ig_added_token *token,
                            ig_error *err) {
  const ig_json_object from = {value, where};
  const char *text;
  if (!json_is_object(value))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: added_tokens: expected objects, found %s", where,
                   ig_json_type_name(value));
  IG_TRY(ig_json_string(from, "content", "", &text, err));
  IG_TRY(ig_json_int(from, "id", -1, &token->id, err));
  IG_TRY(ig_json_bool(from, "special", false, &token->special, err));
  IG_TRY(ig_json_bool(from, "lstrip", false, &token->strip_left, err));
  IG_TRY(ig_json_bool(from, "rstrip", false, &token->strip_right, err));
  IG_TRY(ig_json_bool(from, "single_word", false, &token->single_word, err));
  IG_TRY(ig_json_bool(from, "normalized", !token->special, &token->normalized, err));
  token->text = (char *)text;  // ig_added_tokens_add copies it
  return IG_OK;
}

ig_status ig_tokenizer_json_read_added(const ig_tokenizer_json *json,
                                       const ig_vocabulary *vocabulary, ig_added_tokens *tokens,
                                       ig_error *err) {
  const json_t *list = json_object_get(json->root, "added_tokens"), *value;
  size_t i, next = vocabulary->count;
  json_array_foreach(list, i, value) {
    ig_added_token token = {0};
    IG_TRY(read_added(value, json->where, &token, err));
    const int known = ig_vocabulary_find(vocabulary, token.text, strlen(token.text));
    const int expected = known >= 0 ? known : (int)next++;
    if (token.id != expected)
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s: added_tokens: '%.100s' has the id %d, but the library gives it %d",
                     json->where, token.text, token.id, expected);
    const ig_status status = ig_added_tokens_replace(tokens, &token, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s: added_tokens", json->where);
  }
  return IG_OK;
}
