#include "fuse/input/vocabulary_files.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/name.h"
#include "base/path.h"
#include "io/json.h"
#include "text/sentencepiece.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// ---- forms ------------------------------------------------------------------

typedef ig_status (*vocabulary_reader)(const char *path, ig_vocabulary *out, ig_error *err);

// Adds a piece, unless the piece or the id is known already.
static ig_status add_new_piece(ig_vocabulary *out, const char *piece, size_t length, json_int_t id,
                               ig_error *err) {
  const int small = id < 0 ? -1 : id > INT_MAX ? INT_MAX : (int)id;
  if (ig_vocabulary_token(out, small) || ig_vocabulary_find(out, piece, length) >= 0) return IG_OK;
  return ig_vocabulary_add(out, piece, length, small, err);
}

// {"piece": id, …}
static ig_status read_map(const json_t *map, ig_vocabulary *out, ig_error *err) {
  const char *piece;
  json_t *id;
  json_object_foreach((json_t *)map, piece, id) {
    if (!json_is_integer(id))
      return ig_fail(err, IG_ERROR_FORMAT, "piece '%.100s': expected a number as id", piece);
    IG_TRY(add_new_piece(out, piece, strlen(piece), json_integer_value(id), err));
  }
  return IG_OK;
}

// [["piece", score], …], whose ids are the positions.
static ig_status read_scored_list(const json_t *list, ig_vocabulary *out, ig_error *err) {
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *piece = json_array_get(json_array_get(list, i), 0);
    if (!json_is_string(piece))
      return ig_fail(err, IG_ERROR_FORMAT, "piece %zu: expected [text, score]", i);
    IG_TRY(add_new_piece(out, json_string_value(piece), json_string_length(piece), (json_int_t)i,
                         err));
  }
  return IG_OK;
}

// [{"id": 7, "content": "<new>", …}, …]
static ig_status read_added(const json_t *list, ig_vocabulary *out, ig_error *err) {
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *token = json_array_get(list, i), *id = json_object_get(token, "id"),
                 *content = json_object_get(token, "content");
    if (!json_is_integer(id) || !json_is_string(content))
      return ig_fail(err, IG_ERROR_FORMAT, "added_tokens[%zu]: expected 'id' and 'content'", i);
    IG_TRY(add_new_piece(out, json_string_value(content), json_string_length(content),
                         json_integer_value(id), err));
  }
  return IG_OK;
}

static ig_status read_tokenizer(const json_t *tokenizer, const char *path, ig_vocabulary *out,
                                ig_error *err) {
  const json_t *pieces = json_object_get(json_object_get(tokenizer, "model"), "vocab");
  ig_error why = {0};
  if (!json_is_object(pieces) && !json_is_array(pieces))
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: expected the pieces in model.vocab", path);
  ig_status status =
      json_is_object(pieces) ? read_map(pieces, out, &why) : read_scored_list(pieces, out, &why);
  if (status == IG_OK) status = read_added(json_object_get(tokenizer, "added_tokens"), out, &why);
  return status == IG_OK ? IG_OK : ig_fail(err, status, "%s: %s", path, why.message);
}

static ig_status read_tokenizer_json(const char *path, ig_vocabulary *out, ig_error *err) {
  json_t *root;
  IG_TRY(ig_json_load_object(path, &root, err));
  const ig_status status = read_tokenizer(root, path, out, err);
  json_decref(root);
  return status;
}

static ig_status read_sentencepiece(const char *path, ig_vocabulary *out, ig_error *err) {
  ig_sentencepiece *spm;
  IG_TRY(ig_sentencepiece_load(path, &spm, err));
  ig_status status = IG_OK;
  for (int id = 0; status == IG_OK && id < ig_sentencepiece_size(spm); id++) {
    const char *piece = ig_sentencepiece_piece(spm, id);
    status = add_new_piece(out, piece, strlen(piece), id, err);
  }
  ig_sentencepiece_free(spm);
  return status;
}

// Reads a text of one piece a line. first_id: of the first line. cut: each line ends with a blank
// and a number, which is no part of the piece.
static ig_status read_lines(const char *path, int first_id, bool cut, ig_vocabulary *out,
                            ig_error *err) {
  char *text;
  IG_TRY(ig_file_load(path, &text, NULL, err));
  ig_status status = IG_OK;
  int id = first_id;
  for (char *line = text; status == IG_OK && *line; id++) {
    const size_t whole = strcspn(line, "\n");
    const bool ends = line[whole] == '\n';
    size_t length = whole > 0 && line[whole - 1] == '\r' ? whole - 1 : whole;
    line[length] = '\0';
    const char *blank = cut ? strrchr(line, ' ') : NULL;
    if (blank) length = (size_t)(blank - line);
    if (length) status = add_new_piece(out, line, length, id, err);
    line += whole + ends;
  }
  free(text);
  return status;
}

static ig_status read_text(const char *path, ig_vocabulary *out, ig_error *err) {
  return read_lines(path, 0, false, out, err);
}

// tiktoken's table: "BASE64 RANK" a line. Pieces stay in base64, which tells them apart as well.
static ig_status read_ranks(const char *path, ig_vocabulary *out, ig_error *err) {
  return read_lines(path, 0, true, out, err);
}

// fairseq's dictionary: "PIECE COUNT" a line, after four pieces of its own.
static ig_status read_dictionary(const char *path, ig_vocabulary *out, ig_error *err) {
  static const char *const own[] = {"<s>", "<pad>", "</s>", "<unk>"};
  for (int id = 0; id < (int)COUNT(own); id++)
    IG_TRY(ig_vocabulary_add(out, own[id], strlen(own[id]), id, err));
  return read_lines(path, COUNT(own), true, out, err);
}

static ig_status read_nothing(const char *path, ig_vocabulary *out, ig_error *err) {
  (void)out;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: pieces of this form are not read", path);
}

// The added_tokens_decoder of a tokenizer_config.json: {"7": {"content": "<new>", …}, …}.
static ig_status read_decoder(const char *path, ig_vocabulary *out, ig_error *err) {
  json_t *root;
  IG_TRY(ig_json_load_object(path, &root, err));
  ig_status status = IG_OK;
  const char *id;
  json_t *token;
  json_object_foreach(json_object_get(root, "added_tokens_decoder"), id, token) {
    const json_t *content = json_object_get(token, "content");
    if (status == IG_OK && json_is_string(content))
      status = add_new_piece(out, json_string_value(content), json_string_length(content),
                             (json_int_t)strtol(id, NULL, 10), err);
  }
  json_decref(root);
  return status;
}

typedef struct vocabulary_form {
  const char *begins, *ends;  // of the file's name
  vocabulary_reader read;
  // The file need not list all pieces that it could: of two files only ids that both list count.
  bool lists_a_part;
} vocabulary_form;

static ig_status read_ids(const char *path, ig_vocabulary *out, ig_error *err) {
  return ig_vocabulary_load(out, path, err);
}

// The first that fits counts.
static const vocabulary_form forms[] = {
    {"tokenizer_config", ".json", read_decoder, true},
    {"tokenizer.", "json", read_tokenizer_json, false},
    {"added_tokens", ".json", read_ids, true},
    {"tekken", ".json", read_nothing, false},
    {"", "vocab.json", read_ids, false},
    {"", "vocab.txt", read_text, false},
    {"vocab", ".txt", read_text, false},
    {"vocab", ".yml", read_nothing, false},
    {"dict", ".txt", read_dictionary, false},
    {"", ".spm", read_sentencepiece, false},
    {"", ".model", read_sentencepiece, false},
    {"", ".tiktoken", read_ranks, false},
};

static const vocabulary_form *form_of(const char *name) {
  for (size_t i = 0; i < COUNT(forms); i++)
    if (strncmp(name, forms[i].begins, strlen(forms[i].begins)) == 0 &&
        ig_name_ends_with(name, forms[i].ends))
      return &forms[i];
  return NULL;
}

bool ig_vocabulary_files_is_one(const char *name) { return form_of(name) != NULL; }

bool ig_vocabulary_files_lists_a_part(const char *name) {
  const vocabulary_form *form = form_of(name);
  return form && form->lists_a_part;
}

bool ig_vocabulary_files_of_class(const char *name) {
  const vocabulary_form *form = form_of(name);
  if (strncmp(name, "merges", strlen("merges")) == 0) return true;
  return form && !form->lists_a_part && form->read != read_tokenizer_json;
}

ig_status ig_vocabulary_files_read(const char *directory, const char *name, ig_vocabulary *out,
                                   ig_error *err) {
  const vocabulary_form *form = form_of(name);
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status = form ? form->read(path, out, err) : read_nothing(path, out, err);
  free(path);
  if (status != IG_OK) ig_vocabulary_free(out);
  return status;
}

// ---- comparing --------------------------------------------------------------

bool ig_vocabulary_files_same_pieces(const ig_vocabulary *a, const ig_vocabulary *b, bool both_only,
                                     char difference[IG_VOCABULARY_FILES_TEXT]) {
  *difference = '\0';
  for (int id = 0; id < a->size || id < b->size; id++) {
    const char *x = ig_vocabulary_token(a, id), *y = ig_vocabulary_token(b, id);
    if (x == y || (x && y && strcmp(x, y) == 0) || (both_only && (!x || !y))) continue;
    snprintf(difference, IG_VOCABULARY_FILES_TEXT,
             "id %d is %s%.100s%s in one and %s%.100s%s in "
             "the other",
             id, x ? "'" : "", x ? x : "nothing", x ? "'" : "", y ? "'" : "", y ? y : "nothing",
             y ? "'" : "");
    return false;
  }
  return true;
}

static ig_status same_bytes(const char *const directories[2], const char *name, bool *same,
                            ig_error *err) {
  char *text[2] = {NULL, NULL};
  size_t size[2] = {0, 0};
  ig_status status = IG_OK;
  for (int i = 0; status == IG_OK && i < 2; i++) {
    char *path = ig_path_join(directories[i], name, err);
    status = path ? ig_file_load(path, &text[i], &size[i], err) : IG_ERROR_MEMORY;
    free(path);
  }
  if (status == IG_OK) *same = size[0] == size[1] && memcmp(text[0], text[1], size[0]) == 0;
  free(text[0]);
  free(text[1]);
  return status;
}

ig_status ig_vocabulary_files_compare(const char *const directories[2], const char *name,
                                      char difference[IG_VOCABULARY_FILES_TEXT], ig_error *err) {
  bool same;
  *difference = '\0';
  IG_TRY(same_bytes(directories, name, &same, err));
  if (same) return IG_OK;
  ig_vocabulary v[2] = {{0}, {0}};
  ig_error unread = {0};
  ig_status status = ig_vocabulary_files_read(directories[0], name, &v[0], &unread);
  if (status == IG_OK) status = ig_vocabulary_files_read(directories[1], name, &v[1], &unread);
  if (status == IG_OK)
    ig_vocabulary_files_same_pieces(&v[0], &v[1], ig_vocabulary_files_lists_a_part(name),
                                    difference);
  else
    snprintf(difference, IG_VOCABULARY_FILES_TEXT, "other bytes");
  ig_vocabulary_free(&v[0]);
  ig_vocabulary_free(&v[1]);
  const bool is_damaged = status == IG_ERROR_FORMAT && ig_name_ends_with(name, ".json");
  return is_damaged || status == IG_ERROR_MEMORY ? ig_fail(err, status, "%s", unread.message)
                                                 : IG_OK;
}

// The pieces of a file that need not exist: none.
static ig_status read_if_exists(const char *directory, const char *name, ig_vocabulary *out,
                                ig_error *err) {
  return ig_file_exists_in(directory, name) ? ig_vocabulary_files_read(directory, name, out, err)
                                            : IG_OK;
}

// Whether a file that lists a part of the pieces lists the same in both.
static ig_status same_part(const char *const directories[2], const char *name, bool *same,
                           ig_error *err) {
  ig_vocabulary v[2] = {{0}, {0}};
  char difference[IG_VOCABULARY_FILES_TEXT];
  ig_status status = read_if_exists(directories[0], name, &v[0], err);
  if (status == IG_OK) status = read_if_exists(directories[1], name, &v[1], err);
  *same = status == IG_OK && ig_vocabulary_files_same_pieces(&v[0], &v[1], false, difference);
  ig_vocabulary_free(&v[0]);
  ig_vocabulary_free(&v[1]);
  return status;
}

static ig_status same_file(const char *const directories[2], const char *name, bool *same,
                           ig_error *err) {
  char difference[IG_VOCABULARY_FILES_TEXT];
  *same = false;
  if (ig_vocabulary_files_lists_a_part(name)) return same_part(directories, name, same, err);
  if (!ig_file_exists_in(directories[0], name) || !ig_file_exists_in(directories[1], name))
    return IG_OK;
  IG_TRY(ig_vocabulary_files_compare(directories, name, difference, err));
  *same = *difference == '\0';
  return IG_OK;
}

ig_status ig_vocabulary_files_are_alike(const char *const directories[2], bool *alike,
                                        ig_error *err) {
  size_t whole = 0;  // files that list all pieces
  ig_status status = IG_OK;
  *alike = true;
  for (int side = 0; status == IG_OK && side < 2; side++) {
    ig_listing files = {0};
    status = ig_listing_read(directories[side], &files, err);
    for (size_t i = 0; status == IG_OK && *alike && i < files.count; i++) {
      if (!ig_vocabulary_files_is_one(files.names[i])) continue;
      whole += !ig_vocabulary_files_lists_a_part(files.names[i]);
      status = same_file(directories, files.names[i], alike, err);
    }
    ig_listing_free(&files);
  }
  *alike = *alike && status == IG_OK && whole > 0;
  return status;
}
