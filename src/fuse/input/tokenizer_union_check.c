#include "fuse/input/tokenizer_union_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "fuse/input/tokenizer_entries.h"
#include "text/tokenizer_json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// Files say in many ways that something is not asked for.
static bool is_nothing(const json_t *value) {
  return !value || json_is_null(value) || json_is_false(value) ||
         (json_is_string(value) && json_string_length(value) == 0) ||
         (json_is_number(value) && json_number_value(value) == 0);
}

// What a step does unless a file says no: there false is something that is asked for.
static bool is_on_by_default(const char *key) {
  static const char *const keys[] = {"add_prefix_space",     "clean_text",   "cleanup",
                                     "handle_chinese_chars", "lowercase",    "split",
                                     "strip_accents",        "trim_offsets", "use_regex"};
  for (size_t i = 0; i < COUNT(keys); i++)
    if (strcmp(key, keys[i]) == 0) return true;
  return false;
}

// Whether a file says by the value of a member as much as without it.
static bool is_left_out(const char *key, const json_t *value) {
  return is_on_by_default(key) ? !value || json_is_null(value) : is_nothing(value);
}

// Whether a list is a token and its id: ["[SEP]", 102].
static bool is_token_with_id(const json_t *list) {
  return json_array_size(list) == 2 && json_is_string(json_array_get(list, 0)) &&
         json_is_integer(json_array_get(list, 1));
}

static bool same_step(const json_t *a, const json_t *b);

static bool same_members(const json_t *a, const json_t *b) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)a, key, value) {
    // The ids of a template's tokens, which are named beside.
    if (strcmp(key, "ids") == 0 && json_is_array(value)) continue;
    const json_t *other = json_object_get(b, key);
    const bool left_out = is_left_out(key, value);
    if (left_out != is_left_out(key, other)) return false;
    if (!left_out && !same_step(value, other)) return false;
  }
  json_object_foreach((json_t *)b, key, value) {
    if (!json_object_get(a, key) && !is_left_out(key, value)) return false;
  }
  return true;
}

// Whether two steps do the same, whatever ids their tokens have.
static bool same_step(const json_t *a, const json_t *b) {
  if (is_nothing(a) && is_nothing(b)) return true;
  if (json_is_object(a) && json_is_object(b)) return same_members(a, b);
  if (!json_is_array(a) || !json_is_array(b)) return json_equal((json_t *)a, (json_t *)b);
  if (is_token_with_id(a) && is_token_with_id(b))
    return json_equal(json_array_get(a, 0), json_array_get(b, 0));
  bool same = json_array_size(a) == json_array_size(b);
  for (size_t i = 0; same && i < json_array_size(a); i++)
    same = same_step(json_array_get(a, i), json_array_get(b, i));
  return same;
}

static const char *name_of_step(const json_t *step) {
  const char *type = ig_tokenizer_json_type(step);
  return is_nothing(step) ? "none" : *type ? type : "one without a type";
}

// The two tokenizers of a check.
typedef struct tokenizer_pair {
  const ig_pieces *pieces[2];
  const char *name[2];
} tokenizer_pair;

static ig_status check_step(const tokenizer_pair *p, const char *key, ig_error *err) {
  const json_t *a = json_object_get(p->pieces[0]->tokenizer, key),
               *b = json_object_get(p->pieces[1]->tokenizer, key);
  if (same_step(a, b)) return IG_OK;
  return ig_fail(
      err, IG_ERROR_UNSUPPORTED,
      "the tokenizers of %s and %s cannot be united: their %s is not the same: %s in %s, "
      "%s in %s%s",
      p->name[0], p->name[1], key, name_of_step(a), p->name[0], name_of_step(b), p->name[1],
      strcmp(name_of_step(a), name_of_step(b)) == 0 ? ", with other settings" : "");
}

// A setting of a model as a text for messages; the caller frees it.
static char *text_of(const json_t *value) {
  return value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
}

static ig_status fail_setting(const tokenizer_pair *p, const char *key, ig_error *err) {
  char *a = text_of(json_object_get(ig_pieces_model(p->pieces[0]), key)),
       *b = text_of(json_object_get(ig_pieces_model(p->pieces[1]), key));
  const ig_status status =
      ig_fail(err, IG_ERROR_UNSUPPORTED,
              "the tokenizers of %s and %s cannot be united: their model's %s is not the same: "
              "%.60s in %s, %.60s in %s",
              p->name[0], p->name[1], key, a ? a : "none", p->name[0], b ? b : "none", p->name[1]);
  free(a);
  free(b);
  return status;
}

static ig_status check_settings(const tokenizer_pair *p, ig_error *err) {
  static const char *const apart[] = {"type", "vocab", "merges", "unk_id"};
  for (int i = 0; i < 2; i++) {
    const json_t *model = ig_pieces_model(p->pieces[i]), *other = ig_pieces_model(p->pieces[!i]);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)model, key, value) {
      bool is_apart = false;
      for (size_t k = 0; k < COUNT(apart); k++) is_apart = is_apart || !strcmp(key, apart[k]);
      if (!is_apart && !same_step(value, json_object_get(other, key)))
        return fail_setting(p, key, err);
    }
  }
  return IG_OK;
}

// The piece of Unigram's unk_id; NULL: there is none.
static const char *unknown_piece(const ig_pieces *pieces) {
  const json_t *id = json_object_get(ig_pieces_model(pieces), "unk_id");
  return json_is_integer(id) ? ig_vocabulary_token(&pieces->side[0], (int)json_integer_value(id))
                             : NULL;
}

static ig_status check_unknown(const tokenizer_pair *p, ig_error *err) {
  const char *a = unknown_piece(p->pieces[0]), *b = unknown_piece(p->pieces[1]);
  for (int i = 0; i < 2; i++) {
    const json_t *id = json_object_get(ig_pieces_model(p->pieces[i]), "unk_id");
    if (id && !json_is_null(id) && !unknown_piece(p->pieces[i]))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s/tokenizer.json: model.unk_id: expected the id of a piece", p->name[i]);
  }
  return (!a && !b) || (a && b && strcmp(a, b) == 0) ? IG_OK : fail_setting(p, "unk_id", err);
}

// Whether the other has all pieces that are no added tokens.
static bool has_all_pieces(const ig_pieces *other, const ig_pieces *pieces) {
  const ig_vocabulary *v = &pieces->side[0];
  for (int id = 0; id < v->size; id++) {
    const char *piece = v->tokens[id];
    if (piece && ig_vocabulary_find(&other->side[0], piece, strlen(piece)) < 0 &&
        !ig_pieces_added(pieces, piece))
      return false;
  }
  return true;
}

bool ig_tokenizer_union_check_same_pieces(const ig_pieces *a, const ig_pieces *b) {
  return has_all_pieces(a, b) && has_all_pieces(b, a);
}

static ig_status check_kind(const tokenizer_pair *p, ig_error *err) {
  static const char *const kinds[] = {"BPE", "WordPiece", "Unigram", "WordLevel"};
  const char *a = ig_tokenizer_json_kind(ig_pieces_model(p->pieces[0])),
             *b = ig_tokenizer_json_kind(ig_pieces_model(p->pieces[1]));
  if (strcmp(a, b) != 0)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "the tokenizers of %s and %s cannot be united: %s is %.60s, %s is %.60s",
                   p->name[0], p->name[1], p->name[0], a, p->name[1], b);
  for (size_t i = 0; i < COUNT(kinds); i++)
    if (strcmp(a, kinds[i]) == 0) return IG_OK;
  return ig_fail(
      err, IG_ERROR_UNSUPPORTED,
      "the tokenizers of %s and %s cannot be united: expected BPE, WordPiece, Unigram or "
      "WordLevel, found %.60s",
      p->name[0], p->name[1], a);
}

// Whether two lists are of the same merges in the same order, in whatever form.
static bool same_merges(const json_t *a, const json_t *b) {
  bool same = json_array_size(a) == json_array_size(b);
  for (size_t i = 0; same && i < json_array_size(a); i++) {
    ig_merge_text x, y;
    same = ig_tokenizer_json_split_merge(json_array_get(a, i), &x) &&
           ig_tokenizer_json_split_merge(json_array_get(b, i), &y) &&
           x.left_length == y.left_length && x.right_length == y.right_length &&
           memcmp(x.left, y.left, x.left_length) == 0 &&
           memcmp(x.right, y.right, x.right_length) == 0;
  }
  return same;
}

static ig_status check_preparation(const tokenizer_pair *p, ig_error *err) {
  static const char *const steps[] = {"normalizer", "pre_tokenizer", "post_processor", "decoder"};
  IG_TRY(check_kind(p, err));
  for (size_t i = 0; i < COUNT(steps); i++) IG_TRY(check_step(p, steps[i], err));
  IG_TRY(check_settings(p, err));
  return check_unknown(p, err);
}

// Rows of the same pieces are matched whatever texts are cut into them; that it is done as in one
// of the two alone is told.
static ig_status note_preparation(const tokenizer_pair *p, ig_problems *notes, ig_error *err) {
  ig_error why = {0};
  const ig_status status = check_preparation(p, &why);
  if (status == IG_ERROR_MEMORY) return ig_fail_memory(err);
  const bool same = same_merges(json_object_get(ig_pieces_model(p->pieces[0]), "merges"),
                                json_object_get(ig_pieces_model(p->pieces[1]), "merges"));
  if (status == IG_OK && same) return IG_OK;
  return ig_problems_add(notes, NULL, err,
                         "tokenizer.json: %s and %s have the same pieces, and texts are cut as in "
                         "%s alone: %s",
                         p->name[0], p->name[1], p->name[0],
                         status == IG_OK ? "their merges are not the same" : why.message);
}

ig_status ig_tokenizer_union_check(const ig_pieces *a, const char *a_name, const ig_pieces *b,
                                   const char *b_name, ig_problems *notes, ig_error *err) {
  const tokenizer_pair pair = {.pieces = {a, b}, .name = {a_name, b_name}};
  if (ig_tokenizer_union_check_same_pieces(a, b))
    return notes ? note_preparation(&pair, notes, err) : IG_OK;
  IG_TRY(check_preparation(&pair, err));
  for (int i = 0; i < 2; i++)
    IG_TRY(ig_tokenizer_entries_check_merges(pair.pieces[i]->tokenizer, &pair.pieces[i]->side[0],
                                             pair.name[i], err));
  return IG_OK;
}
