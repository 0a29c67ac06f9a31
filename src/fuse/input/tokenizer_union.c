#include "fuse/input/tokenizer_union.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "fuse/input/tokenizer_entries.h"
#include "io/json.h"
#include "text/tokenizer_json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const json_t *model_of(const ig_pieces *pieces) {
  return json_object_get(pieces->tokenizer, "model");
}

static bool is_kind(const ig_pieces *pieces, const char *kind) {
  return strcmp(ig_tokenizer_json_kind(model_of(pieces)), kind) == 0;
}

// ---- whether two can be united ----------------------------------------------

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
  char *a = text_of(json_object_get(model_of(p->pieces[0]), key)),
       *b = text_of(json_object_get(model_of(p->pieces[1]), key));
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
    const json_t *model = model_of(p->pieces[i]), *other = model_of(p->pieces[!i]);
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
  const json_t *id = json_object_get(model_of(pieces), "unk_id");
  return json_is_integer(id) ? ig_vocabulary_token(&pieces->side[0], (int)json_integer_value(id))
                             : NULL;
}

static ig_status check_unknown(const tokenizer_pair *p, ig_error *err) {
  const char *a = unknown_piece(p->pieces[0]), *b = unknown_piece(p->pieces[1]);
  for (int i = 0; i < 2; i++) {
    const json_t *id = json_object_get(model_of(p->pieces[i]), "unk_id");
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

static bool has_same_pieces(const ig_pieces *a, const ig_pieces *b) {
  return has_all_pieces(a, b) && has_all_pieces(b, a);
}

static ig_status check_kind(const tokenizer_pair *p, ig_error *err) {
  static const char *const kinds[] = {"BPE", "WordPiece", "Unigram", "WordLevel"};
  const char *a = ig_tokenizer_json_kind(model_of(p->pieces[0])),
             *b = ig_tokenizer_json_kind(model_of(p->pieces[1]));
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
  const bool same = same_merges(json_object_get(model_of(p->pieces[0]), "merges"),
                                json_object_get(model_of(p->pieces[1]), "merges"));
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
  if (has_same_pieces(a, b)) return notes ? note_preparation(&pair, notes, err) : IG_OK;
  IG_TRY(check_preparation(&pair, err));
  for (int i = 0; i < 2; i++)
    IG_TRY(ig_tokenizer_entries_check_merges(pair.pieces[i]->tokenizer, &pair.pieces[i]->side[0],
                                             pair.name[i], err));
  return IG_OK;
}

// ---- added tokens -----------------------------------------------------------

static const char *const flags[] = {"single_word", "lstrip", "rstrip", "normalized", "special"};

// The value of a flag; normalized is the reverse of special where an entry does not say.
static bool has_flag(const json_t *entry, const char *flag) {
  const json_t *value = json_object_get(entry, flag);
  if (!value && entry && strcmp(flag, "normalized") == 0) return !has_flag(entry, "special");
  return json_is_true(value);
}

ig_status ig_tokenizer_union_add_token(ig_tokenizer_union *u, const char *text, const json_t *like,
                                       ig_error *err) {
  ig_vocabulary *to = &u->output->side[0];
  if (ig_pieces_added(u->output, text)) return IG_OK;
  int id = ig_vocabulary_find(to, text, strlen(text));
  if (id < 0) {
    id = to->size;
    // Where ids are left out, the library would count to another one for a token outside.
    u->has_new_text = u->has_new_text || to->count < (size_t)to->size;
    IG_TRY(ig_vocabulary_add(to, text, strlen(text), id, err));
  }
  json_t *token = json_pack("{s:i, s:s}", "id", id, "content", text);
  bool fine = token != NULL;
  for (size_t i = 0; fine && i < COUNT(flags); i++)
    fine = json_object_set_new(token, flags[i], json_boolean(has_flag(like, flags[i]))) == 0;
  if (!u->new_tokens) u->new_tokens = json_array();
  fine = fine && json_array_append(u->new_tokens, token) == 0 &&
         json_object_set(u->output->added, text, token) == 0;
  json_decref(token);
  return fine ? IG_OK : ig_fail_memory(err);
}

// Tells that two tokenizers treat a token of the other in different ways.
static ig_status note_token(const ig_tokenizer_union *u, const ig_pieces *other,
                            const char *other_name, const char *text, ig_problems *notes,
                            ig_error *err) {
  const json_t *own = ig_pieces_added(u->output, text), *entry = ig_pieces_added(other, text);
  if (!own && ig_vocabulary_find(&u->output->side[0], text, strlen(text)) >= 0)
    return ig_problems_add(notes, NULL, err,
                           "tokenizer.json: '%.100s' is an added token in %s and a piece like any "
                           "other in %s: text is cut at it",
                           text, other_name, u->name);
  for (size_t i = 0; own && i < COUNT(flags); i++)
    if (has_flag(own, flags[i]) != has_flag(entry, flags[i]))
      return ig_problems_add(notes, NULL, err,
                             "tokenizer.json: the added token '%.100s' is not the same in %s and "
                             "%s (%s): it stays as in %s",
                             text, u->name, other_name, flags[i], u->name);
  return IG_OK;
}

static ig_status add_tokens(ig_tokenizer_union *u, const ig_pieces *other, const char *other_name,
                            ig_problems *notes, ig_error *err) {
  const char *text;
  json_t *entry;
  json_object_foreach(other->added, text, entry) {
    IG_TRY(note_token(u, other, other_name, text, notes, err));
    IG_TRY(ig_tokenizer_union_add_token(u, text, entry, err));
  }
  return IG_OK;
}

// ---- pieces and merges ------------------------------------------------------

static ig_status add_pieces(ig_tokenizer_union *u, const ig_pieces *other, ig_error *err) {
  const json_t *vocab = json_object_get(model_of(other), "vocab");
  const ig_vocabulary *from = &other->side[0];
  ig_vocabulary *to = &u->output->side[0];
  if (!u->scores) u->scores = json_object();
  if (!u->scores) return ig_fail_memory(err);
  for (int id = 0; id < from->size; id++) {
    const char *piece = from->tokens[id];
    if (!piece || ig_pieces_added(other, piece) ||
        ig_vocabulary_find(to, piece, strlen(piece)) >= 0)
      continue;
    IG_TRY(ig_vocabulary_add(to, piece, strlen(piece), to->size, err));
    u->has_new_text = true;
    const json_t *entry = json_array_get(vocab, (size_t)id);
    if (entry && json_object_set(u->scores, piece, json_array_get(entry, 1)))
      return ig_fail_memory(err);
  }
  return IG_OK;
}

// Whether all merges of both are texts; a file must have one form throughout.
static bool are_texts(const json_t *merges) {
  bool texts = true;
  for (size_t i = 0; texts && i < json_array_size(merges); i++)
    texts = json_is_string(json_array_get(merges, i));
  return texts;
}

static json_t *write_merge(const ig_merge_text *m, const json_t *entry, bool as_text) {
  if (as_text) return json_incref((json_t *)entry);
  return json_pack("[s%, s%]", m->left, m->left_length, m->right, m->right_length);
}

// Appends those merges of a list that are not known yet.
static ig_status append_merges(ig_tokenizer_union *u, json_t *to, const json_t *list, bool as_text,
                               size_t *appended, ig_error *err) {
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *entry = json_array_get(list, i);
    ig_merge_text m;
    bool is_new = false;
    if (ig_tokenizer_json_split_merge(entry, &m))
      IG_TRY(ig_tokenizer_entries_know_merge(&u->known_merges, &m, &is_new, err));
    if (!is_new) continue;
    ++*appended;
    if (json_array_append_new(to, write_merge(&m, entry, as_text))) return ig_fail_memory(err);
  }
  return IG_OK;
}

// The output's merges first, in their order, then those that only the other has, in its order.
static ig_status add_merges(ig_tokenizer_union *u, const ig_pieces *other, ig_error *err) {
  const json_t *old = u->merges ? u->merges : json_object_get(model_of(u->output), "merges"),
               *more = json_object_get(model_of(other), "merges");
  const bool as_text = are_texts(old) && are_texts(more);
  json_t *all = json_array();
  size_t kept = 0, added = 0;
  ig_vocabulary_free(&u->known_merges);
  ig_status status = all ? IG_OK : ig_fail_memory(err);
  if (status == IG_OK) status = append_merges(u, all, old, as_text, &kept, err);
  if (status == IG_OK) status = append_merges(u, all, more, as_text, &added, err);
  if (status == IG_OK && added) {
    u->has_new_text = true;
    json_decref(u->merges);
    u->merges = json_incref(all);
  }
  json_decref(all);
  return status;
}

ig_status ig_tokenizer_union_add(ig_tokenizer_union *u, const ig_pieces *other,
                                 const char *other_name, ig_problems *notes, ig_error *err) {
  if (!has_same_pieces(u->output, other)) {
    // Its merges were not looked at if it has the pieces that the output had at first.
    IG_TRY(ig_tokenizer_entries_check_merges(other->tokenizer, &other->side[0], other_name, err));
    IG_TRY(add_pieces(u, other, err));
    if (is_kind(u->output, "BPE")) IG_TRY(add_merges(u, other, err));
  }
  return add_tokens(u, other, other_name, notes, err);
}

// ---- the united file --------------------------------------------------------

// The lowest score of a list; 0 if it is empty.
static double lowest_score(const json_t *list) {
  double lowest = json_number_value(json_array_get(json_array_get(list, 0), 1));
  for (size_t i = 1; i < json_array_size(list); i++) {
    const double score = json_number_value(json_array_get(json_array_get(list, i), 1));
    if (score < lowest) lowest = score;
  }
  return lowest;
}

// Appends to a list of pieces with scores what it lacks, by its id. An added token gets the lowest
// score: text is cut at it before.
static ig_status extend_list(const ig_tokenizer_union *u, json_t *list, ig_error *err) {
  const ig_vocabulary *v = &u->output->side[0];
  const double lowest = lowest_score(list);
  for (int id = (int)json_array_size(list); id < v->size; id++) {
    const char *piece = v->tokens[id];
    if (!piece)
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s/tokenizer.json: no piece has the id %d, which a list of pieces cannot "
                     "leave out",
                     u->name, id);
    const json_t *score = json_object_get(u->scores, piece);
    if (json_array_append_new(
            list, json_pack("[s, f]", piece, score ? json_number_value(score) : lowest)))
      return ig_fail_memory(err);
  }
  return IG_OK;
}

// Every piece is in the vocabulary, the added tokens, too: those outside are numbered on from it by
// the library, whatever ids the file gives them.
static ig_status extend_map(const ig_tokenizer_union *u, json_t *map, ig_error *err) {
  const ig_vocabulary *v = &u->output->side[0];
  for (int id = 0; id < v->size; id++)
    if (v->tokens[id] && !json_object_get(map, v->tokens[id]) &&
        json_object_set_new(map, v->tokens[id], json_integer(id)))
      return ig_fail_memory(err);
  return IG_OK;
}

static ig_status extend_model(const ig_tokenizer_union *u, json_t *model, ig_error *err) {
  json_t *vocab = ig_json_copy(json_object_get(model, "vocab"));
  if (!vocab || json_object_set_new(model, "vocab", vocab)) return ig_fail_memory(err);
  if (u->merges && json_object_set(model, "merges", u->merges)) return ig_fail_memory(err);
  return json_is_array(vocab) ? extend_list(u, vocab, err) : extend_map(u, vocab, err);
}

static ig_status set_added(const ig_tokenizer_union *u, json_t *root, ig_error *err) {
  json_t *list = json_array(), *entry;
  const char *text;
  if (!list || json_object_set_new(root, "added_tokens", list)) return ig_fail_memory(err);
  json_object_foreach(u->output->added, text,
                      entry) if (json_array_append(list, entry)) return ig_fail_memory(err);
  return IG_OK;
}

ig_status ig_tokenizer_union_finish(ig_tokenizer_union *u, ig_error *err) {
  if (!u->new_tokens && !u->has_new_text) return IG_OK;
  json_t *root = ig_json_copy(u->output->tokenizer),
         *model = root ? ig_json_copy(json_object_get(root, "model")) : NULL;
  ig_status status =
      model && json_object_set_new(root, "model", model) == 0 ? IG_OK : ig_fail_memory(err);
  if (status == IG_OK && u->has_new_text) status = extend_model(u, model, err);
  if (status == IG_OK) status = set_added(u, root, err);
  if (status == IG_OK) {
    json_decref(u->output->tokenizer);
    u->output->tokenizer = json_incref(root);
  }
  json_decref(root);
  return status;
}

void ig_tokenizer_union_free(ig_tokenizer_union *u) {
  json_decref(u->new_tokens);
  json_decref(u->scores);
  json_decref(u->merges);
  ig_vocabulary_free(&u->known_merges);
  *u = (ig_tokenizer_union){0};
}
