#include "fuse/input/tokenizer_entries.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "io/json.h"
#include "text/tokenizer_json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// ---- pieces -----------------------------------------------------------------

// {"piece": id, …}
static ig_status read_map(const json_t *map, ig_vocabulary *out, ig_error *err) {
  const char *piece;
  json_t *value;
  const int most = ig_vocabulary_most_id(json_object_size(map));
  json_object_foreach((json_t *)map, piece, value) {
    const json_int_t id = json_is_integer(value) ? json_integer_value(value) : -1;
    if (id < 0 || id > most)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "model.vocab: piece '%.100s': expected an id from 0 to %d", piece, most);
    IG_TRY(ig_vocabulary_add(out, piece, strlen(piece), (int)id, err));
  }
  return IG_OK;
}

// [["piece", score], …], whose ids are the positions.
static ig_status read_scored_list(const json_t *list, ig_vocabulary *out, ig_error *err) {
  for (size_t i = 0; i < json_array_size(list) && i < INT_MAX; i++) {
    const json_t *entry = json_array_get(list, i), *piece = json_array_get(entry, 0),
                 *score = json_array_get(entry, 1);
    if (!json_is_string(piece) || !json_is_number(score) || !isfinite(json_number_value(score)) ||
        json_array_size(entry) != 2)
      return ig_fail(err, IG_ERROR_FORMAT, "model.vocab: %zu: expected a piece and its score", i);
    IG_TRY(
        ig_vocabulary_add(out, json_string_value(piece), json_string_length(piece), (int)i, err));
  }
  return IG_OK;
}

static ig_status read_pieces(const json_t *tokenizer, ig_vocabulary *out, ig_error *err) {
  const json_t *pieces = json_object_get(json_object_get(tokenizer, "model"), "vocab");
  if (json_is_object(pieces)) return read_map(pieces, out, err);
  if (json_is_array(pieces)) return read_scored_list(pieces, out, err);
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "expected the pieces in model.vocab");
}

// ---- added tokens -----------------------------------------------------------

static ig_status check_flags(const json_t *entry, const char *text, ig_error *err) {
  static const char *const flags[] = {"single_word", "lstrip", "rstrip", "normalized", "special"};
  for (size_t i = 0; i < COUNT(flags); i++) {
    const json_t *flag = json_object_get(entry, flags[i]);
    if (flag && !json_is_boolean(flag))
      return ig_fail(err, IG_ERROR_FORMAT, "token '%.100s': %s: expected true or false, found %s",
                     text, flags[i], ig_json_type_name(flag));
  }
  return IG_OK;
}

// Gives a token its id among the pieces.
static ig_status place_token(ig_vocabulary *pieces, const char *text, json_int_t id,
                             ig_error *err) {
  const int known = ig_vocabulary_find(pieces, text, strlen(text));
  if (id < 0 || id >= INT_MAX)
    return ig_fail(err, IG_ERROR_FORMAT, "token '%.100s': expected an id from 0 to %d", text,
                   INT_MAX - 1);
  if (known >= 0 && known != id)
    return ig_fail(err, IG_ERROR_FORMAT, "token '%.100s' has the id %d here, and %d before", text,
                   (int)id, known);
  const char *other = ig_vocabulary_token(pieces, (int)id);
  if (known < 0 && other)
    return ig_fail(err, IG_ERROR_FORMAT, "token '%.100s' has the id %d, which is that of '%.100s'",
                   text, (int)id, other);
  return known >= 0 ? IG_OK : ig_vocabulary_add(pieces, text, strlen(text), (int)id, err);
}

// Adds an entry of this id, unless the token has one, whose flags count then.
static ig_status add_entry(ig_vocabulary *pieces, json_t *added, const json_t *entry, json_int_t id,
                           ig_error *err) {
  const json_t *content = json_object_get(entry, "content");
  const char *text = json_string_value(content);
  if (!text || !*text)
    return ig_fail(err, IG_ERROR_FORMAT, "expected 'id' and 'content' of each token");
  IG_TRY(check_flags(entry, text, err));
  IG_TRY(place_token(pieces, text, id, err));
  if (json_object_get(added, text)) return IG_OK;
  json_t *own = ig_json_copy(entry);
  if (own && json_object_set_new(own, "id", json_integer(id)) == 0)
    return json_object_set_new(added, text, own) ? ig_fail_memory(err) : IG_OK;
  json_decref(own);
  return ig_fail_memory(err);
}

// [{"id": 7, "content": "<new>", …}, …]
static ig_status read_list(const json_t *list, ig_vocabulary *pieces, json_t *added,
                           ig_error *err) {
  if (list && !json_is_null(list) && !json_is_array(list))
    return ig_fail(err, IG_ERROR_FORMAT, "expected a list, found %s", ig_json_type_name(list));
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *entry = json_array_get(list, i), *id = json_object_get(entry, "id");
    const char *text = json_string_value(json_object_get(entry, "content"));
    if (!json_is_integer(id) || !text)
      return ig_fail(err, IG_ERROR_FORMAT, "%zu: expected 'id' and 'content'", i);
    if (json_object_get(added, text))
      return ig_fail(err, IG_ERROR_FORMAT, "token '%.100s' is listed twice", text);
    IG_TRY(add_entry(pieces, added, entry, json_integer_value(id), err));
  }
  return IG_OK;
}

// {"7": {"content": "<new>", …}, …}
static ig_status read_decoder(const json_t *decoder, ig_vocabulary *pieces, json_t *added,
                              ig_error *err) {
  const char *key;
  json_t *entry;
  if (decoder && !json_is_null(decoder) && !json_is_object(decoder))
    return ig_fail(err, IG_ERROR_FORMAT, "expected tokens by their ids, found %s",
                   ig_json_type_name(decoder));
  json_object_foreach((json_t *)decoder, key, entry) {
    char *end;
    const long id = strtol(key, &end, 10);
    if (*key < '0' || *key > '9' || *end)
      return ig_fail(err, IG_ERROR_FORMAT, "expected ids as keys, found \"%.40s\"", key);
    IG_TRY(add_entry(pieces, added, entry, id, err));
  }
  return IG_OK;
}

// {"<new>": 7, …}
static ig_status read_ids(const json_t *ids, ig_vocabulary *pieces, json_t *added, ig_error *err) {
  const char *text;
  json_t *id;
  json_object_foreach((json_t *)ids, text, id) {
    json_t *entry = json_pack("{s:s}", "content", text);
    if (!entry) return ig_fail_memory(err);
    const ig_status status =
        add_entry(pieces, added, entry, json_is_integer(id) ? json_integer_value(id) : -1, err);
    json_decref(entry);
    IG_TRY(status);
  }
  return IG_OK;
}

// The tokens of the files beside the tokenizer.json: as in transformers, those of
// tokenizer_config.json, and only where it has no list those of added_tokens.json.
static ig_status read_beside(const char *directory, ig_vocabulary *pieces, json_t *added,
                             ig_error *err) {
  json_t *config, *ids = NULL;
  IG_TRY(ig_json_load_in_if_exists(directory, "tokenizer_config.json", &config, err));
  const json_t *decoder = json_object_get(config, "added_tokens_decoder");
  ig_status status = read_decoder(decoder, pieces, added, err);
  if (status != IG_OK)
    ig_fail_in(err, status, "%s/tokenizer_config.json: added_tokens_decoder", directory);
  if (status == IG_OK && !decoder) {
    status = ig_json_load_in_if_exists(directory, "added_tokens.json", &ids, err);
    if (status == IG_OK && ids) {
      status = read_ids(ids, pieces, added, err);
      if (status != IG_OK) ig_fail_in(err, status, "%s/added_tokens.json", directory);
    }
  }
  json_decref(config);
  json_decref(ids);
  return status;
}

static ig_status read_all(const json_t *tokenizer, const char *directory, ig_vocabulary *pieces,
                          json_t *added, ig_error *err) {
  ig_status status = read_pieces(tokenizer, pieces, err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s/tokenizer.json", directory);
  status = read_list(json_object_get(tokenizer, "added_tokens"), pieces, added, err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s/tokenizer.json: added_tokens", directory);
  return read_beside(directory, pieces, added, err);
}

ig_status ig_tokenizer_entries_read(const json_t *tokenizer, const char *directory,
                                    ig_vocabulary *pieces, json_t **added, ig_error *err) {
  json_t *entries = json_object();
  *added = NULL;
  if (!entries) return ig_fail_memory(err);
  const ig_status status = read_all(tokenizer, directory, pieces, entries, err);
  if (status == IG_OK)
    *added = entries;
  else
    json_decref(entries);
  return status;
}

ig_status ig_tokenizer_entries_read_beside(const char *directory, ig_vocabulary *pieces,
                                           ig_error *err) {
  json_t *entries = json_object();
  const ig_status status =
      entries ? read_beside(directory, pieces, entries, err) : ig_fail_memory(err);
  json_decref(entries);
  return status;
}

// ---- merges -----------------------------------------------------------------

enum { SHOWN = 60 };  // bytes of a piece that a message shows

static int shown(size_t length) { return length < SHOWN ? (int)length : SHOWN; }

// What a merge makes: the right piece loses the prefix that pieces within a word have.
static bool makes_a_piece(const ig_merge_text *m, const char *prefix, const ig_vocabulary *pieces) {
  const size_t cut = strncmp(m->right, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
  const size_t length = m->left_length + m->right_length - cut;
  char short_text[256], *text = length < sizeof short_text ? short_text : malloc(length + 1);
  if (!text) return false;
  memcpy(text, m->left, m->left_length);
  memcpy(text + m->left_length, m->right + cut, m->right_length - cut);
  const bool found = ig_vocabulary_find(pieces, text, length) >= 0;
  if (text != short_text) free(text);
  return found;
}

ig_status ig_tokenizer_entries_know_merge(ig_vocabulary *known, const ig_merge_text *m,
                                          bool *is_new, ig_error *err) {
  const size_t size = m->left_length + m->right_length + 32;
  char *text = malloc(size);
  if (!text) return ig_fail_memory(err);
  const int length = snprintf(text, size, "%zu:%.*s%.*s", m->left_length, (int)m->left_length,
                              m->left, (int)m->right_length, m->right);
  *is_new = ig_vocabulary_find(known, text, (size_t)length) < 0;
  const ig_status status =
      *is_new ? ig_vocabulary_add(known, text, (size_t)length, known->size, err) : IG_OK;
  free(text);
  return status;
}

// Fails if a merge is among the known ones: the library lets the last of two count, others the
// first.
static ig_status check_once(ig_vocabulary *known, const ig_merge_text *m, ig_error *err) {
  bool is_new;
  IG_TRY(ig_tokenizer_entries_know_merge(known, m, &is_new, err));
  return is_new ? IG_OK
                : ig_fail(err, IG_ERROR_FORMAT, "the merge of '%.*s' and '%.*s' is listed twice",
                          shown(m->left_length), m->left, shown(m->right_length), m->right);
}

static ig_status check_merge(const json_t *entry, const char *prefix, const ig_vocabulary *pieces,
                             ig_vocabulary *known, ig_error *err) {
  ig_merge_text m;
  if (!ig_tokenizer_json_split_merge(entry, &m))
    return ig_fail(err, IG_ERROR_FORMAT, "expected two pieces");
  if (ig_vocabulary_find(pieces, m.left, m.left_length) < 0 ||
      ig_vocabulary_find(pieces, m.right, m.right_length) < 0 || !makes_a_piece(&m, prefix, pieces))
    return ig_fail(err, IG_ERROR_FORMAT, "the vocabulary lacks '%.*s', '%.*s' or what they make",
                   shown(m.left_length), m.left, shown(m.right_length), m.right);
  return check_once(known, &m, err);
}

ig_status ig_tokenizer_entries_check_merges(const json_t *tokenizer, const ig_vocabulary *pieces,
                                            const char *name, ig_error *err) {
  const json_t *model = json_object_get(tokenizer, "model"),
               *list = json_object_get(model, "merges");
  const char *prefix = json_string_value(json_object_get(model, "continuing_subword_prefix"));
  if (strcmp(ig_tokenizer_json_kind(model), "BPE") != 0) return IG_OK;
  if (!json_is_array(list))
    return ig_fail(err, IG_ERROR_FORMAT, "%s/tokenizer.json: model.merges: expected a list", name);
  ig_vocabulary known = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < json_array_size(list); i++) {
    status = check_merge(json_array_get(list, i), prefix ? prefix : "", pieces, &known, err);
    if (status != IG_OK) ig_fail_in(err, status, "%s/tokenizer.json: model.merges: %zu", name, i);
  }
  ig_vocabulary_free(&known);
  return status;
}
