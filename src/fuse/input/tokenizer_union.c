#include "fuse/input/tokenizer_union.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "fuse/input/tokenizer_entries.h"
#include "fuse/input/tokenizer_union_check.h"
#include "io/json.h"
#include "text/tokenizer_json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool is_kind(const ig_pieces *pieces, const char *kind) {
  return strcmp(ig_tokenizer_json_kind(ig_pieces_model(pieces)), kind) == 0;
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
  const json_t *vocab = json_object_get(ig_pieces_model(other), "vocab");
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
  const json_t *old = u->merges ? u->merges : json_object_get(ig_pieces_model(u->output), "merges"),
               *more = json_object_get(ig_pieces_model(other), "merges");
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
  if (!ig_tokenizer_union_check_same_pieces(u->output, other)) {
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
