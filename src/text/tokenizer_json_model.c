#include "text/tokenizer_json_model.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

typedef struct json_model {
  const json_t *object;
  const char *where;
  ig_tokenizer *tokenizer;
  ig_vocabulary *vocabulary;
} json_model;

static ig_status fail_type(const json_model *m, const char *key, const char *expected,
                           ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: model: %s: expected %s, found %s", m->where, key,
                 expected, ig_json_type_name(json_object_get(m->object, key)));
}

static ig_json_object object_of(const json_model *m) {
  return (ig_json_object){m->object, m->where};
}

// ---- unigram ----------------------------------------------------------------

// ["piece", score]
static ig_status read_piece(const json_model *m, const json_t *entry, int id,
                            ig_unigram_piece *piece, ig_error *err) {
  const json_t *text = json_array_get(entry, 0), *score = json_array_get(entry, 1);
  if (!json_is_string(text) || !json_is_number(score) || !isfinite(json_number_value(score)))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: model: vocab: %d: expected a piece and its score",
                   m->where, id);
  IG_TRY(
      ig_vocabulary_add(m->vocabulary, json_string_value(text), json_string_length(text), id, err));
  *piece = (ig_unigram_piece){ig_vocabulary_token(m->vocabulary, id), json_number_value(score), id};
  return IG_OK;
}

static ig_status read_pieces(const json_model *m, ig_unigram_piece *pieces, ig_error *err) {
  const json_t *entry;
  size_t i;
  json_array_foreach(json_object_get(m->object, "vocab"), i, entry) {
    const ig_status status = read_piece(m, entry, (int)i, &pieces[i], err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s", m->where);
  }
  return IG_OK;
}

static ig_status read_unigram(const json_model *m, ig_tokenizer_json_rules *rules, ig_error *err) {
  const json_t *vocab = json_object_get(m->object, "vocab");
  const size_t count = json_array_size(vocab);
  if (count == 0 || count > INT_MAX) return fail_type(m, "vocab", "a list of pieces", err);
  IG_TRY(ig_json_int(object_of(m), "unk_id", -1, &rules->unknown_id, err));
  IG_TRY(ig_json_bool(object_of(m), "byte_fallback", false, &rules->byte_fallback, err));
  if (rules->unknown_id < -1 || (rules->unknown_id >= 0 && (size_t)rules->unknown_id >= count))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: model: unk_id: %d, expected less than %zu", m->where,
                   rules->unknown_id, count);
  ig_unigram_piece *pieces = ig_allocate(count, sizeof *pieces, err);
  if (!pieces) return IG_ERROR_MEMORY;
  ig_status status = read_pieces(m, pieces, err);
  if (status == IG_OK)
    status = ig_unigram_make(&m->tokenizer->unigram, pieces, count, rules->unknown_id, err);
  free(pieces);
  return status;
}

// ---- byte-pair encoding -----------------------------------------------------

static ig_status read_tokens(const json_model *m, ig_error *err) {
  const char *token;
  json_t *value;
  const json_t *vocab = json_object_get(m->object, "vocab");
  const int most = ig_vocabulary_most_id(json_object_size(vocab));
  if (json_object_size(vocab) == 0) return fail_type(m, "vocab", "tokens with ids", err);
  json_object_foreach((json_t *)vocab, token, value) {
    const json_int_t id = json_is_integer(value) ? json_integer_value(value) : -1;
    if (id < 0 || id > most)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: model: vocab: token '%.100s': expected an id from 0 to %d", m->where,
                     token, most);
    const ig_status status = ig_vocabulary_add(m->vocabulary, token, strlen(token), (int)id, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s: model: vocab", m->where);
  }
  return IG_OK;
}

static ig_status find_unknown(const json_model *m, const char *unknown,
                              ig_tokenizer_json_rules *rules, ig_error *err) {
  rules->unknown_id = ig_vocabulary_find(m->vocabulary, unknown, strlen(unknown));
  if (rules->unknown_id >= 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: model: unk_token: the vocabulary has no '%.100s'",
                 m->where, unknown);
}

static ig_status read_merges(const json_model *m, ig_error *err) {
  const json_t *list = json_object_get(m->object, "merges"), *entry;
  size_t i;
  if (!json_is_array(list)) return fail_type(m, "merges", "a list", err);
  json_array_foreach(list, i, entry) {
    ig_merge_text merge;
    if (!ig_tokenizer_json_split_merge(entry, &merge))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: model: merges: %zu: expected two tokens", m->where,
                     i);
    const ig_status status = ig_merges_add_text(&m->tokenizer->merges, m->vocabulary, &merge, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s: model: merges: %zu", m->where, i);
  }
  return ig_merges_index(&m->tokenizer->merges, err);
}

// Prefixes and suffixes of tokens within a word, and merges that are left out at random.
static ig_status refuse_rare_keys(const json_model *m, ig_error *err) {
  static const char *const keys[] = {"continuing_subword_prefix", "end_of_word_suffix"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const char *text;
    IG_TRY(ig_json_string(object_of(m), keys[i], "", &text, err));
    if (*text)
      return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: model: %s: expected none, found '%.40s'",
                     m->where, keys[i], text);
  }
  double dropout;
  IG_TRY(ig_json_number(object_of(m), "dropout", 0, &dropout, err));
  if (dropout == 0) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: model: dropout: expected none, found %g", m->where,
                 dropout);
}

static ig_status read_bpe(const json_model *m, ig_tokenizer_json_rules *rules, ig_error *err) {
  const char *unknown;
  IG_TRY(refuse_rare_keys(m, err));
  IG_TRY(ig_json_bool(object_of(m), "byte_fallback", false, &rules->byte_fallback, err));
  IG_TRY(ig_json_bool(object_of(m), "fuse_unk", false, &rules->fuses_unknown, err));
  IG_TRY(ig_json_bool(object_of(m), "ignore_merges", false, &rules->ignores_merges, err));
  IG_TRY(ig_json_string(object_of(m), "unk_token", NULL, &unknown, err));
  IG_TRY(read_tokens(m, err));
  if (unknown) IG_TRY(find_unknown(m, unknown, rules, err));
  return read_merges(m, err);
}

// ---- WordPiece --------------------------------------------------------------

static ig_status read_word_pieces(const json_model *m, ig_tokenizer_json_rules *rules,
                                  ig_error *err) {
  const char *unknown;
  int longest;
  IG_TRY(ig_json_string(object_of(m), "unk_token", "[UNK]", &unknown, err));
  IG_TRY(ig_json_string(object_of(m), "continuing_subword_prefix", "##", &rules->prefix, err));
  IG_TRY(ig_json_int(object_of(m), "max_input_chars_per_word", IG_WORD_PIECES_USUAL_LONGEST,
                     &longest, err));
  if (longest < 0)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: model: max_input_chars_per_word: expected 0 or more, found %d", m->where,
                   longest);
  rules->longest = (size_t)longest;
  IG_TRY(read_tokens(m, err));
  return find_unknown(m, unknown, rules, err);
}

ig_status ig_tokenizer_json_model_read(const ig_tokenizer_json *json, ig_tokenizer *t,
                                       ig_tokenizer_json_rules *rules, ig_error *err) {
  const json_model m = {json_object_get(json->root, "model"), json->where, t, &t->vocabularies[0]};
  ig_tokenizer_json_rules unwanted;
  const bool takes_word_pieces = rules != NULL;
  if (!rules) rules = &unwanted;
  *rules = (ig_tokenizer_json_rules){.unknown_id = -1};
  const char *type = ig_tokenizer_json_kind(m.object);
  if (strcmp(type, "Unigram") == 0) return read_unigram(&m, rules, err);
  if (strcmp(type, "BPE") == 0) return read_bpe(&m, rules, err);
  if (strcmp(type, "WordPiece") == 0 && takes_word_pieces) return read_word_pieces(&m, rules, err);
  return ig_tokenizer_json_refuse(json->where, "model", type, err);
}
