#include "fuse/input/pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "fuse/input/families.h"
#include "fuse/input/tokenizer_entries.h"
#include "fuse/input/vocabulary_files.h"
#include "io/json.h"
#include "text/sentencepiece.h"

static bool has_file(const char *directory, const char *name) {
  char *path = ig_path_join(directory, name, NULL);
  const bool found = path && ig_file_exists(path);
  free(path);
  return found;
}

static ig_status load_vocabulary(const char *directory, const char *name, ig_vocabulary *out,
                                 ig_error *err) {
  char *path = ig_path_join(directory, name, err);
  const ig_status status = path ? ig_vocabulary_load(out, path, err) : IG_ERROR_MEMORY;
  free(path);
  return status;
}

// Reads the settings in tokenizer_config.json. If there is no such file, they have its defaults.
static ig_status load_settings(const char *directory, bool *whitespace, bool *separate,
                               int *extra_ids, ig_error *err) {
  char *path = ig_path_join(directory, "tokenizer_config.json", err);
  json_t *root = NULL;
  const char *kind = "";
  ig_status status = path ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK && ig_file_exists(path)) status = ig_json_load_object(path, &root, err);
  const ig_json_object config = {root, path};
  if (status == IG_OK) status = ig_json_string(config, "tokenizer_class", "", &kind, err);
  if (status == IG_OK) status = ig_json_bool(config, "separate_vocabs", false, separate, err);
  if (status == IG_OK) status = ig_json_int(config, "extra_ids", 100, extra_ids, err);
  *whitespace = status == IG_OK && strcmp(kind, "WhitespaceTokenizer") == 0;
  json_decref(root);
  free(path);
  return status;
}

// Adds the pieces of the SentencePiece model, and after them T5's <extra_id_N>, of which
// <extra_id_0> has the highest id.
static ig_status add_spm(const ig_sentencepiece *spm, int extra_ids, ig_vocabulary *out,
                         ig_error *err) {
  const int size = ig_sentencepiece_size(spm);
  for (int id = 0; id < size; id++) {
    const char *piece = ig_sentencepiece_piece(spm, id);
    IG_TRY(ig_vocabulary_add(out, piece, strlen(piece), id, err));
  }
  for (int i = 0; i < extra_ids; i++) {
    char name[32];
    const int length = snprintf(name, sizeof name, "<extra_id_%d>", i);
    if (ig_vocabulary_find(out, name, (size_t)length) < 0)
      IG_TRY(ig_vocabulary_add(out, name, (size_t)length, size + extra_ids - 1 - i, err));
  }
  return IG_OK;
}

static ig_status load_spm(const char *directory, int extra_ids, ig_vocabulary *out, ig_error *err) {
  char *path = ig_path_join(directory, "spiece.model", err);
  ig_sentencepiece *spm = NULL;
  ig_status status = path ? ig_sentencepiece_load(path, &spm, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = add_spm(spm, extra_ids, out, err);
  ig_sentencepiece_free(spm);
  free(path);
  return status;
}

static ig_status load_tokenizer_json(const char *directory, ig_pieces *out, ig_error *err) {
  char *path = ig_path_join(directory, "tokenizer.json", err);
  const ig_status status = path ? ig_json_load_object(path, &out->tokenizer, err) : IG_ERROR_MEMORY;
  free(path);
  IG_TRY(status);
  out->extensible = true;
  return ig_tokenizer_entries_read(out->tokenizer, directory, &out->side[0], &out->added, err);
}

// The lines of vocab.txt as its tokenizer reads them: there are as many rows as lines, a line that
// comes again later has its last row alone, and a blank one is no text. And what
// tokenizer_config.json adds.
static ig_status load_lines(const char *directory, ig_vocabulary *out, ig_error *err) {
  char *path = ig_path_join(directory, "vocab.txt", err);
  const ig_status status = path ? ig_vocabulary_load_lines(out, path, err) : IG_ERROR_MEMORY;
  free(path);
  IG_TRY(status);
  if (!has_file(directory, "tokenizer_config.json")) return IG_OK;
  return ig_vocabulary_files_read(directory, "tokenizer_config.json", out, err);
}

// The tokens that a vocab.json or a SentencePiece model got later: text is cut at them, so that
// they are no pieces that could be written into a vocab.json.
static ig_status load_beside(const char *directory, ig_pieces *out, ig_error *err) {
  const size_t before = out->side[0].count;
  IG_TRY(ig_tokenizer_entries_read_beside(directory, &out->side[0], err));
  out->has_beside = out->side[0].count > before;
  out->extensible = out->extensible && !out->has_beside;
  return IG_OK;
}

static ig_status load_pieces(const char *directory, ig_pieces *out, ig_error *err) {
  bool whitespace;
  int extra_ids;
  IG_TRY(load_settings(directory, &whitespace, &out->separate, &extra_ids, err));
  if (has_file(directory, "vocab.json") && (whitespace || has_file(directory, "source.spm"))) {
    out->extensible = !has_file(directory, "tokenizer.json");
    IG_TRY(load_vocabulary(directory, "vocab.json", &out->side[0], err));
    return out->separate ? load_vocabulary(directory, "target_vocab.json", &out->side[1], err)
                         : load_beside(directory, out, err);
  }
  out->separate = false;
  if (has_file(directory, "tokenizer.json")) return load_tokenizer_json(directory, out, err);
  if (has_file(directory, "spiece.model")) {
    IG_TRY(load_spm(directory, extra_ids, &out->side[0], err));
    return load_beside(directory, out, err);
  }
  if (has_file(directory, "vocab.txt") && !has_file(directory, "added_tokens.json"))
    return load_lines(directory, &out->side[0], err);
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: rows cannot be matched by their pieces: expected %s", directory,
                 ig_families_tokenizers);
}

ig_status ig_pieces_load(const char *directory, ig_pieces *out, ig_error *err) {
  *out = (ig_pieces){0};
  const ig_status status = load_pieces(directory, out, err);
  if (status != IG_OK) ig_pieces_free(out);
  return status;
}

ig_status ig_pieces_copy(const ig_pieces *from, ig_pieces *out, ig_error *err) {
  *out = (ig_pieces){.separate = from->separate,
                     .extensible = from->extensible,
                     .has_beside = from->has_beside,
                     .tokenizer = json_incref(from->tokenizer)};
  ig_status status = IG_OK;
  // A copy that gets tokens does not give them to the other.
  if (from->added) out->added = json_copy(from->added);
  if (from->added && !out->added) status = ig_fail_memory(err);
  for (int side = 0; side < 2; side++)
    for (int id = 0; status == IG_OK && id < from->side[side].size; id++) {
      const char *piece = from->side[side].tokens[id];
      if (piece) status = ig_vocabulary_add(&out->side[side], piece, strlen(piece), id, err);
    }
  if (status != IG_OK) ig_pieces_free(out);
  return status;
}

const json_t *ig_pieces_model(const ig_pieces *pieces) {
  return json_object_get(pieces->tokenizer, "model");
}

const json_t *ig_pieces_added(const ig_pieces *pieces, const char *piece) {
  return json_object_get(pieces->added, piece);
}

// The first piece of one vocabulary that is no added token and that the other lacks; NULL: none. A
// blank line of a vocab.txt is a piece of no text.
static const char *find_missing(const ig_pieces *pieces, const ig_pieces *other, int *id) {
  const ig_vocabulary *v = &pieces->side[0];
  for (*id = 0; *id < v->size; ++*id) {
    const char *piece = v->tokens[*id];
    if (piece && *piece && ig_vocabulary_find(&other->side[0], piece, strlen(piece)) < 0 &&
        !ig_pieces_added(pieces, piece))
      return piece;
  }
  return NULL;
}

// Fails if `pieces` has a piece that is no added token and that the other lacks.
static ig_status check_pieces(const ig_pieces *pieces, const char *directory,
                              const ig_pieces *other, const char *other_directory, ig_error *err) {
  int id;
  const char *piece = find_missing(pieces, other, &id);
  if (piece)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "tokenizer.json: the tokenizers of %s and %s differ in more than added tokens: "
                   "'%.100s', id %d, is only in %s, so that rows cannot be matched",
                   directory, other_directory, piece, id, directory);
  return IG_OK;
}

ig_status ig_pieces_fit(const ig_pieces *a, const char *a_directory, const ig_pieces *b,
                        const char *b_directory, ig_error *err) {
  int id;
  if (!a->added && b->added && !find_missing(a, b, &id)) return IG_OK;
  if ((a->added == NULL) != (b->added == NULL))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s has a tokenizer.json, and %s has none: rows cannot be matched",
                   a->added ? a_directory : b_directory, a->added ? b_directory : a_directory);
  if (!a->added) return IG_OK;
  IG_TRY(check_pieces(a, a_directory, b, b_directory, err));
  return check_pieces(b, b_directory, a, a_directory, err);
}

const ig_vocabulary *ig_pieces_side(const ig_pieces *pieces, int side) {
  return &pieces->side[pieces->separate ? side : 0];
}

void ig_pieces_free(ig_pieces *pieces) {
  for (int side = 0; side < 2; side++) ig_vocabulary_free(&pieces->side[side]);
  json_decref(pieces->tokenizer);
  json_decref(pieces->added);
  *pieces = (ig_pieces){0};
}
