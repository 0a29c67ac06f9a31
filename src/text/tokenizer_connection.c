// The sides of a tokenizer, and the tokens that text is cut at: see tokenizer_connection.h.
#include "text/tokenizer_connection.h"

#include <string.h>

#include "base/fail.h"
#include "text/tokenizer_functions.h"
#include "text/tokenizer_step_lists.h"
#include "text/utf8.h"

// SentencePiece writes it for a space.
enum { WORD_MARK = 0x2581 };

static bool has_letters(const ig_vocabulary *v) {
  for (int id = 0; id < v->size; ++id) {
    const char *token = ig_vocabulary_token(v, id);
    const size_t length = token ? strlen(token) : 0;
    size_t step = 0;
    if (!ig_utf8_valid(token ? token : "", length, NULL)) continue;
    if (length && ig_utf8_decode(token, &step) != WORD_MARK && step == length) return true;
  }
  return false;
}

// A tokenizer.json may have a special token among the added ones alone.
static int find_special(const ig_tokenizer *t, const ig_vocabulary *v, int which) {
  const int id = ig_vocabulary_find(v, t->special_text[which], t->special_length[which]);
  for (size_t i = 0; id < 0 && t->json_bytes && i < t->added.count; i++)
    if (strcmp(t->added.list[i].text, t->special_text[which]) == 0) return t->added.list[i].id;
  return id;
}

static bool is_needed(const ig_tokenizer *t, int which) {
  return which == IG_TOKENIZER_SPECIAL_EOS ||
         (which == IG_TOKENIZER_SPECIAL_UNK && !ig_tokenizer_parts_follows_file(t));
}

static ig_status connect_side(ig_tokenizer *t, int which, const char *where, ig_error *err) {
  ig_tokenizer_side *side = which == 0 ? &t->source : &t->target;
  side->vocabulary = &t->vocabularies[t->shared ? 0 : which];
  side->spm = t->spms[which] ? t->spms[which] : t->spms[0];
  side->has_letters = ig_tokenizer_parts_has_pieces(t) && has_letters(side->vocabulary);
  for (int s = 0; s < IG_TOKENIZER_SPECIAL_COUNT; ++s) {
    side->special_ids[s] = find_special(t, side->vocabulary, s);
    if (side->special_ids[s] < 0 && is_needed(t, s))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: the %s vocabulary has no %s", where,
                     which == 0 ? "source" : "target", t->special_text[s]);
  }
  return IG_OK;
}

// One that the vocabulary lacks gets an id after all others.
static ig_status add_special_piece(ig_tokenizer *t, const ig_special_pieces *pieces, int i,
                                   ig_error *err) {
  char text[IG_TOKENIZER_PARTS_TEXT];
  ig_tokenizer_parts_write(t, pieces, i, text);
  const ig_added_token token = {
      .text = text,
      .id = ig_vocabulary_find(t->source.vocabulary, text, strlen(text)),
      .special = true,
      .strip_left = pieces->strips_left,
      .strip_right = pieces->strips_right,
      .normalized = pieces->normalized,
  };
  return ig_added_tokens_add(&t->added, &token, err);
}

static ig_status add_special_token(ig_tokenizer *t, int id, ig_error *err) {
  const char *text = ig_vocabulary_token(t->source.vocabulary, id);
  const ig_added_token token = {.text = (char *)text, .id = id, .special = true};
  return text ? ig_added_tokens_add(&t->added, &token, err) : IG_OK;
}

static ig_status list_more_special(ig_tokenizer *t, ig_error *err) {
  const char *const *text = t->description->more_special;
  for (; text && *text; text++) {
    const ig_added_token token = {.text = (char *)*text, .id = -1, .special = true};
    IG_TRY(ig_added_tokens_add(&t->added, &token, err));
  }
  return IG_OK;
}

// Languages whose tokens the vocabulary lacks come after it.
static ig_status list_languages(ig_tokenizer *t, ig_error *err) {
  const ig_tokenizer_languages *l = t->description->languages;
  char text[IG_TOKENIZER_PARTS_TEXT];
  for (int i = 0; l && l->token_format && l->codes[i]; i++) {
    ig_tokenizer_parts_write_language(t, l->codes[i], text);
    const ig_added_token token = {
        .text = text, .id = t->source.vocabulary->size + i, .special = true};
    IG_TRY(ig_added_tokens_add(&t->added, &token, err));
  }
  return IG_OK;
}

// The languages that the directory's files name.
static ig_status connect_languages(ig_tokenizer *t, const char *where, ig_error *err) {
  const ig_tokenizer_languages *l = t->description->languages;
  if (!l) return IG_OK;
  const char *const codes[2] = {t->source_lang ? t->source_lang : l->default_source,
                                t->target_lang};
  for (int side = 0; side < 2; side++) {
    if (!codes[side] || !*codes[side]) continue;
    const ig_status status =
        ig_tokenizer_parts_find_language(t, codes[side], &t->language_ids[side], err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s", where);
  }
  return IG_OK;
}

// The description's special pieces, and the tokens that every tokenizer has, after those that the
// directory's files name.
static ig_status list_special_tokens(ig_tokenizer *t, ig_error *err) {
  const ig_special_pieces *table = t->description->special_pieces;
  for (; table && table->text; table++) {
    const int count = table->plain ? 0 : ig_tokenizer_parts_count(t, table);
    for (int i = 0; i < count; ++i) IG_TRY(add_special_piece(t, table, i, err));
  }
  // Of IG_TOKENIZER_STEPS a token that no file calls special is text like any other.
  const bool by_file = ig_tokenizer_parts_follows_file(t);
  for (int s = 0; !by_file && s < IG_TOKENIZER_SPECIAL_COUNT; ++s)
    IG_TRY(add_special_token(t, t->source.special_ids[s], err));
  IG_TRY(list_languages(t, err));
  IG_TRY(list_more_special(t, err));
  return ig_added_tokens_number(&t->added, t->source.vocabulary, err);
}

// How the tokens that are looked for in normalized text look there.
static ig_status normalize_added(ig_tokenizer *t, const char *where, ig_error *err) {
  ig_status (*normalize)(const ig_tokenizer *, ig_mapped_text *, ig_error *) =
      ig_tokenizer_functions_of(t)->normalize;
  ig_status status = IG_OK;
  for (size_t i = 0; normalize && status == IG_OK && i < t->added.count; i++) {
    const ig_added_token *token = &t->added.list[i];
    ig_mapped_text text = {0};
    if (!token->normalized) continue;
    if (ig_utf8_valid(token->text, token->length, NULL))
      status = ig_mapped_text_append_source(&text, token->text, token->length, 0, err);
    if (status == IG_OK) status = normalize(t, &text, err);
    if (status == IG_OK)
      status =
          ig_added_tokens_set_normal(&t->added, i, text.bytes ? text.bytes : "", text.length, err);
    ig_mapped_text_free(&text);
  }
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", where);
}

// The vocabulary's or that of an added token.
static ig_status connect_begin(ig_tokenizer *t, const char *where, ig_error *err) {
  if (!t->begin_text) return IG_OK;
  const size_t length = strlen(t->begin_text);
  const int added = ig_added_tokens_find(&t->added, t->begin_text, length);
  t->begin_id =
      added >= 0 ? added : ig_vocabulary_find(t->source.vocabulary, t->begin_text, length);
  if (t->begin_id >= 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: the vocabulary has no %s, which begins every text",
                 where, t->begin_text);
}

// What the file puts beside a text must be tokens.
static ig_status check_ends(const ig_tokenizer *t, const char *where, ig_error *err) {
  const ig_tokenizer_frame *one = &t->steps->ends.single, *two = &t->steps->ends.pair;
  const ig_ids *const lists[] = {&one->before.ids, &one->after.ids, &two->before.ids,
                                 &two->between.ids, &two->after.ids};
  for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
    for (size_t i = 0; i < lists[l]->count; i++)
      if (!ig_tokenizer_piece(t, IG_SIDE_SOURCE, lists[l]->ids[i]))
        return ig_fail(err, IG_ERROR_FORMAT,
                       "%s: post_processor: no token has the id %d, which is put beside a text",
                       where, lists[l]->ids[i]);
  return IG_OK;
}

// A config.json has one id for each special token, so both sides must agree.
ig_status ig_tokenizer_connection_make(ig_tokenizer *t, const char *where, ig_error *err) {
  for (int i = 0; i < 2; ++i) IG_TRY(connect_side(t, i, where, err));
  for (int s = 0; s < IG_TOKENIZER_SPECIAL_COUNT; ++s)
    if (t->source.special_ids[s] != t->target.special_ids[s])
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: %s has the id %d in the source and %d in the target vocabulary", where,
                     t->special_text[s], t->source.special_ids[s], t->target.special_ids[s]);
  IG_TRY(list_special_tokens(t, err));
  IG_TRY(normalize_added(t, where, err));
  IG_TRY(connect_languages(t, where, err));
  if (ig_tokenizer_parts_follows_file(t)) IG_TRY(check_ends(t, where, err));
  return connect_begin(t, where, err);
}
