#include "text/shortlist_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/content_hash.h"
#include "io/json.h"

static const char *const side_names[] = {[IG_SIDE_SOURCE] = "source", [IG_SIDE_TARGET] = "target"};

static int size_of(const ig_tokenizer *tokenizer, ig_side side) {
  return side == IG_SIDE_SOURCE ? ig_tokenizer_source_size(tokenizer)
                                : ig_tokenizer_target_size(tokenizer);
}

static const char *language_of(const ig_tokenizer *tokenizer, ig_side side) {
  return side == IG_SIDE_SOURCE ? ig_tokenizer_source_language(tokenizer)
                                : ig_tokenizer_target_language(tokenizer);
}

// Of the pieces in the order of their ids, a NUL after each; an id without one has the NUL alone.
static ig_status hash_pieces(const ig_tokenizer *tokenizer, ig_side side, char hash[IG_HASH_TEXT],
                             ig_error *err) {
  char *text = NULL;
  size_t size = 0, capacity = 0;
  ig_status status = IG_OK;
  for (int id = 0; status == IG_OK && id < size_of(tokenizer, side); id++) {
    const char *piece = ig_tokenizer_piece_of_id(tokenizer, side, id);
    const size_t length = strlen(piece) + 1;
    status = ig_allocate_more((void **)&text, &capacity, size + length, 1, err);
    if (status == IG_OK) memcpy(text + size, piece, length);
    size += length;
  }
  if (status == IG_OK) ig_content_hash_text(text, size, hash);
  free(text);
  return status;
}

static ig_status describe_side(const ig_tokenizer *tokenizer, ig_side side, json_t **out,
                               ig_error *err) {
  char hash[IG_HASH_TEXT];
  IG_TRY(hash_pieces(tokenizer, side, hash, err));
  *out = json_pack("{s:s*, s:i, s:s}", "language", language_of(tokenizer, side), "tokens",
                   size_of(tokenizer, side), ig_content_hash_name(IG_HASH_XXH3), hash);
  return *out ? IG_OK : ig_fail_memory(err);
}

ig_status ig_shortlist_record_make(const ig_tokenizer *tokenizer, json_t **out, ig_error *err) {
  json_t *sides[2] = {NULL, NULL};
  *out = NULL;
  ig_status status = describe_side(tokenizer, IG_SIDE_SOURCE, &sides[IG_SIDE_SOURCE], err);
  if (status == IG_OK)
    status = describe_side(tokenizer, IG_SIDE_TARGET, &sides[IG_SIDE_TARGET], err);
  if (status == IG_OK) {
    *out = json_pack("{s:s, s:O, s:O}", "ingot", ig_version(), side_names[IG_SIDE_SOURCE],
                     sides[IG_SIDE_SOURCE], side_names[IG_SIDE_TARGET], sides[IG_SIDE_TARGET]);
    if (!*out) status = ig_fail_memory(err);
  }
  json_decref(sides[IG_SIDE_SOURCE]);
  json_decref(sides[IG_SIDE_TARGET]);
  return status;
}

// ---- comparing ------------------------------------------------------------------

// A record and what it is compared with.
typedef struct comparison {
  const char *shortlist, *path;  // of the record
  const json_t *record, *own;
} comparison;

static ig_status compare_pieces(const comparison *c, ig_side side, ig_error *err) {
  const char *key = ig_content_hash_name(IG_HASH_XXH3), *hash;
  const ig_json_object found = {json_object_get(c->record, side_names[side]), c->path};
  if (!json_is_object(found.object))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: expected an object \"%s\", found %s", c->path,
                   side_names[side], ig_json_type_name(found.object));
  IG_TRY(ig_json_string(found, key, "", &hash, err));
  const json_t *own = json_object_get(c->own, side_names[side]);
  if (strcmp(hash, json_string_value(json_object_get(own, key))) == 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: it was made for another model, whose %s vocabulary has other pieces, says %s",
                 c->shortlist, side_names[side], c->path);
}

static ig_status compare_language(const comparison *c, ig_side side, ig_error *err) {
  const ig_json_object found = {json_object_get(c->record, side_names[side]), c->path};
  const json_t *own = json_object_get(c->own, side_names[side]);
  const char *language, *its = json_string_value(json_object_get(own, "language"));
  IG_TRY(ig_json_string(found, "language", NULL, &language, err));
  if (!language || !its || strcmp(language, its) == 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: it was made for another model, whose %s language is '%.40s', says %s: this "
                 "one's is '%.40s'",
                 c->shortlist, side_names[side], language, c->path, its);
}

static ig_status compare(const comparison *c, ig_error *err) {
  for (ig_side side = IG_SIDE_SOURCE; side <= IG_SIDE_TARGET; side++) {
    IG_TRY(compare_pieces(c, side, err));
    IG_TRY(compare_language(c, side, err));
  }
  return IG_OK;
}

static ig_status check_record(const char *shortlist, const char *path,
                              const ig_tokenizer *tokenizer, ig_error *err) {
  json_t *record = NULL, *own = NULL;
  ig_status status = ig_json_load_object(path, &record, err);
  if (status == IG_OK) status = ig_shortlist_record_make(tokenizer, &own, err);
  if (status == IG_OK)
    status = compare(
        &(comparison){.shortlist = shortlist, .path = path, .record = record, .own = own}, err);
  json_decref(record);
  json_decref(own);
  return status;
}

ig_status ig_shortlist_record_check(const char *shortlist, const ig_tokenizer *tokenizer,
                                    ig_error *err) {
  char *path = ig_path_with_suffix(shortlist, ".json", err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status =
      ig_file_exists(path) ? check_record(shortlist, path, tokenizer, err) : IG_OK;
  free(path);
  return status;
}
