// A vocabulary: an array by id and an open-addressing hash table by token.
#include "text/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/json.h"
#include "text/utf8.h"

// A bound on what a damaged file can make us allocate; the largest vocabularies in use have 2^18
// tokens.
#define MAX_ID (1 << 24)

int ig_vocabulary_most_id(size_t tokens) {
  enum { GAPS = 1 << 16, FOR_EACH = 16 };
  return tokens < (MAX_ID - GAPS) / FOR_EACH ? GAPS + FOR_EACH * (int)tokens : MAX_ID - 1;
}

// FNV-1a.
static size_t hash_token(const char *token, size_t length) {
  uint64_t h = 0xcbf29ce484222325u;
  for (size_t i = 0; i < length; ++i) h = (h ^ (unsigned char)token[i]) * 0x100000001b3u;
  return (size_t)(h ^ h >> 32);
}

// The slot of token, or the empty one where it belongs.
static size_t find_slot(const ig_vocabulary *v, const char *token, size_t length) {
  size_t mask = v->slot_count - 1, at = hash_token(token, length) & mask;
  while (v->slots[at] >= 0) {
    const char *found = v->tokens[v->slots[at]];
    // A token that is looked for may hold a NUL, which ends those of the vocabulary.
    if (strnlen(found, length + 1) == length && memcmp(found, token, length) == 0) break;
    at = (at + 1) & mask;
  }
  return at;
}

static ig_status grow_slots(ig_vocabulary *v, ig_error *err) {
  if ((v->count + 1) * 2 <= v->slot_count) return IG_OK;
  size_t count = v->slot_count ? v->slot_count * 2 : 256;
  int *slots = ig_allocate(count, sizeof *slots, err);
  if (!slots) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; ++i) slots[i] = -1;
  free(v->slots);
  v->slots = slots;
  v->slot_count = count;
  for (int id = 0; id < v->size; ++id)
    if (v->tokens[id]) slots[find_slot(v, v->tokens[id], strlen(v->tokens[id]))] = id;
  return IG_OK;
}

ig_status ig_vocabulary_add(ig_vocabulary *v, const char *token, size_t length, int id,
                            ig_error *err) {
  if (id < 0 || id >= MAX_ID)
    return ig_fail(err, IG_ERROR_FORMAT, "token '%.*s': id %d, expected 0 to %d",
                   (int)(length < 100 ? length : 100), token, id, MAX_ID - 1);
  if (memchr(token, '\0', length))
    return ig_fail(err, IG_ERROR_FORMAT, "the token with id %d holds a NUL", id);
  if (ig_vocabulary_token(v, id))
    return ig_fail(err, IG_ERROR_FORMAT, "id %d: both '%.100s' and '%.*s'", id, v->tokens[id],
                   (int)(length < 100 ? length : 100), token);
  IG_TRY(grow_slots(v, err));
  size_t slot = find_slot(v, token, length);
  if (v->slots[slot] >= 0)
    return ig_fail(err, IG_ERROR_FORMAT, "token '%.*s': twice, ids %d and %d",
                   (int)(length < 100 ? length : 100), token, v->slots[slot], id);
  IG_TRY(
      ig_allocate_more((void **)&v->tokens, &v->capacity, (size_t)id + 1, sizeof *v->tokens, err));
  char *copy = ig_allocate_copy(token, length, err);
  if (!copy) return IG_ERROR_MEMORY;
  while (v->size <= id) v->tokens[v->size++] = NULL;
  v->tokens[id] = copy;
  v->slots[slot] = id;
  ++v->count;
  return IG_OK;
}

int ig_vocabulary_find(const ig_vocabulary *v, const char *token, size_t length) {
  return v->slot_count ? v->slots[find_slot(v, token, length)] : -1;
}

const char *ig_vocabulary_token(const ig_vocabulary *v, int id) {
  return id >= 0 && id < v->size ? v->tokens[id] : NULL;
}

void ig_vocabulary_free(ig_vocabulary *v) {
  for (int id = 0; id < v->size; ++id) free(v->tokens[id]);
  free(v->tokens);
  free(v->slots);
  *v = (ig_vocabulary){0};
}

static ig_status take_token(ig_vocabulary *v, const char *token, const json_t *id, int most,
                            ig_error *err) {
  const json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
  if (value < 0 || value > most)
    return ig_fail(err, IG_ERROR_FORMAT, "token '%.100s': expected an id from 0 to %d", token,
                   most);
  return ig_vocabulary_add(v, token, strlen(token), (int)value, err);
}

ig_status ig_vocabulary_take(ig_vocabulary *v, const json_t *json, const char *where,
                             ig_error *err) {
  const char *token;
  json_t *id;
  const int most = ig_vocabulary_most_id(json_object_size(json));
  json_object_foreach((json_t *)json, token, id) {
    const ig_status status = take_token(v, token, id, most, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s", where);
  }
  return v->count ? IG_OK : ig_fail(err, IG_ERROR_FORMAT, "%s: an empty vocabulary", where);
}

ig_status ig_vocabulary_save(const ig_vocabulary *v, const char *path, ig_error *err) {
  json_t *root = json_object();
  ig_status status = root ? IG_OK : ig_fail_memory_in(path, err);
  for (int id = 0; status == IG_OK && id < v->size; ++id) {
    const char *token = v->tokens[id];
    if (!token || json_object_set_new(root, token, json_integer(id)) == 0) continue;
    status = ig_utf8_valid(token, strlen(token), NULL)
                 ? ig_fail_memory_in(path, err)
                 : ig_fail(err, IG_ERROR_FORMAT, "%s: token %d is not UTF-8", path, id);
  }
  if (status == IG_OK) status = ig_json_save(path, root, 9, err);
  json_decref(root);
  return status;
}
