// The life of a tokenizer: creation, the joining of its parts, its end.
#include "text/tokenizer_parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "base/path.h"
#include "text/tokenizer_functions.h"
#include "text/tokenizer_steps.h"
#include "text/utf8.h"

// What transformers writes for a tokenizer of which nothing else is known.
enum { USUAL_MAX_LENGTH = 512 };
// SentencePiece writes it for a space.
enum { WORD_MARK = 0x2581 };

const char *const ig_tokenizer_parts_special_keys[IG_TOKENIZER_SPECIAL_COUNT] = {
    "eos_token", "unk_token", "pad_token"};

ig_status ig_tokenizer_parts_create(const ig_tokenizer_description *description, ig_tokenizer **out,
                                    ig_error *err) {
  ig_tokenizer *t = *out = ig_allocate(1, sizeof *t, err);
  if (!t) return IG_ERROR_MEMORY;
  t->description = description;
  t->ends_source = description->languages && description->languages->ends_source;
  t->model_max_length = USUAL_MAX_LENGTH;
  t->added.limit = INT_MAX;
  t->added.is_space = ig_utf8_is_space;
  t->begin_id = -1;
  t->special_count = -1;
  return IG_OK;
}

void ig_tokenizer_free(ig_tokenizer *t) {
  if (!t) return;
  for (int i = 0; i < 2; ++i) {
    ig_vocabulary_free(&t->vocabularies[i]);
    ig_sentencepiece_free(t->spms[i]);
  }
  for (int i = 0; i < IG_TOKENIZER_SPECIAL_COUNT; ++i) free(t->special_text[i]);
  ig_added_tokens_free(&t->added);
  ig_merges_free(&t->merges);
  ig_charsmap_free(&t->charsmap);
  ig_unigram_free(&t->unigram);
  free(t->begin_text);
  free(t->json_bytes);
  ig_tokenizer_steps_free(t->steps);
  free(t->source_lang);
  free(t->target_lang);
  free(t);
}

ig_status ig_tokenizer_parts_deliver(ig_tokenizer *t, ig_status status, ig_tokenizer **out) {
  if (status == IG_OK)
    *out = t;
  else
    ig_tokenizer_free(t);
  return status;
}

ig_status ig_tokenizer_parts_set_special(ig_tokenizer *t, ig_tokenizer_special which,
                                         const char *text, ig_error *err) {
  free(t->special_text[which]);
  t->special_text[which] = ig_allocate_copy(text, strlen(text), err);
  t->special_length[which] = strlen(text);
  return t->special_text[which] ? IG_OK : IG_ERROR_MEMORY;
}

int ig_tokenizer_parts_count(const ig_tokenizer *t, const ig_special_pieces *pieces) {
  int names = 0;
  while (pieces->names && pieces->names[names]) names++;
  if (pieces->names) return names;
  if (pieces->count == 0) return 1;
  return pieces->count_key && t->special_count >= 0 ? t->special_count : pieces->count;
}

void ig_tokenizer_parts_write(const ig_tokenizer *t, const ig_special_pieces *pieces, int i,
                              char text[IG_TOKENIZER_PARTS_TEXT]) {
  const int last = ig_tokenizer_parts_count(t, pieces) - 1, step = pieces->number_step;
  const int number = pieces->first_number + (step < 0 ? (i - last) * step : i * step);
  if (pieces->names || pieces->count == 0)
    snprintf(text, IG_TOKENIZER_PARTS_TEXT, "%s", pieces->names ? pieces->names[i] : pieces->text);
  else
    snprintf(text, IG_TOKENIZER_PARTS_TEXT, pieces->text, number);
}

void ig_tokenizer_parts_write_language(const ig_tokenizer *t, const char *code,
                                       char text[IG_TOKENIZER_PARTS_TEXT]) {
  const char *format = t->description->languages->token_format;
  snprintf(text, IG_TOKENIZER_PARTS_TEXT, format ? format : "%s", code);
}

int ig_tokenizer_parts_first_id(const ig_tokenizer *t, const ig_special_pieces *pieces) {
  if (!pieces->after_pieces) return pieces->first_id;
  const int own = t->spms[0] ? ig_sentencepiece_size(t->spms[0]) : IG_TOKENIZER_BYTE_COUNT;
  return t->description->shift + own + pieces->first_id;
}

bool ig_tokenizer_parts_has_pieces(const ig_tokenizer *t) {
  const ig_tokenizer_kind kind = t->description->kind;
  return kind == IG_TOKENIZER_PIECES || kind == IG_TOKENIZER_SHIFTED || kind == IG_TOKENIZER_STEPS;
}

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
  return which == IG_TOKENIZER_SPECIAL_EOS || (which == IG_TOKENIZER_SPECIAL_UNK && !t->steps);
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

// The first code that goes on where this one ends, deu_Latn for deu. NULL: none.
static const char *find_longer_code(const ig_tokenizer_languages *l, const char *code) {
  const size_t length = strlen(code);
  for (const char *const *known = l->codes; length > 0 && *known; known++)
    if (strncmp(*known, code, length) == 0) return *known;
  return NULL;
}

static ig_status fail_language(const ig_tokenizer_languages *l, const char *code, ig_error *err) {
  size_t count = 0;
  while (l->codes[count]) count++;
  const char *nearest = ig_nearest_word(code, l->codes, count);
  if (!nearest) nearest = find_longer_code(l, code);
  return ig_fail(err, IG_ERROR_ARGUMENT, "no language '%.40s'%s%s%s: ingot inspect lists all %zu",
                 code, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                 nearest ? "'?" : "", count);
}

ig_status ig_tokenizer_parts_find_language(const ig_tokenizer *t, const char *code, int *id,
                                           ig_error *err) {
  const ig_tokenizer_languages *l = t->description->languages;
  char text[IG_TOKENIZER_PARTS_TEXT];
  *id = 0;
  if (!l) return ig_fail(err, IG_ERROR_ARGUMENT, "the tokenizer has no tokens of languages");
  for (const char *const *known = l->codes; *known && *id == 0; known++) {
    if (strcmp(*known, code) != 0) continue;
    ig_tokenizer_parts_write_language(t, code, text);
    const int own = ig_added_tokens_find(&t->added, text, strlen(text));
    const int found = own >= 0 ? own : ig_vocabulary_find(t->source.vocabulary, text, strlen(text));
    *id = found > 0 ? found : 0;
  }
  return *id ? IG_OK : fail_language(l, code, err);
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
    const int count = ig_tokenizer_parts_count(t, table);
    for (int i = 0; i < count; ++i) IG_TRY(add_special_piece(t, table, i, err));
  }
  // Of IG_TOKENIZER_STEPS a token that no file calls special is text like any other.
  for (int s = 0; !t->steps && s < IG_TOKENIZER_SPECIAL_COUNT; ++s)
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
  const ig_ids *const lists[] = {&t->steps->ends.before, &t->steps->ends.after};
  for (size_t l = 0; l < 2; l++)
    for (size_t i = 0; i < lists[l]->count; i++)
      if (!ig_tokenizer_piece(t, IG_SIDE_SOURCE, lists[l]->ids[i]))
        return ig_fail(err, IG_ERROR_FORMAT,
                       "%s: post_processor: no token has the id %d, which is put beside a text",
                       where, lists[l]->ids[i]);
  return IG_OK;
}

// A config.json has one id for each special token, so both sides must agree.
ig_status ig_tokenizer_parts_connect(ig_tokenizer *t, const char *where, ig_error *err) {
  for (int i = 0; i < 2; ++i) IG_TRY(connect_side(t, i, where, err));
  for (int s = 0; s < IG_TOKENIZER_SPECIAL_COUNT; ++s)
    if (t->source.special_ids[s] != t->target.special_ids[s])
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: %s has the id %d in the source and %d in the target vocabulary", where,
                     t->special_text[s], t->source.special_ids[s], t->target.special_ids[s]);
  IG_TRY(list_special_tokens(t, err));
  IG_TRY(normalize_added(t, where, err));
  IG_TRY(connect_languages(t, where, err));
  if (t->steps) IG_TRY(check_ends(t, where, err));
  return connect_begin(t, where, err);
}

ig_status ig_tokenizer_parts_on_file(ig_tokenizer *t, int side, const char *directory,
                                     const char *name, ig_tokenizer_file_action action,
                                     ig_error *err) {
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status = action(t, side, path, err);
  free(path);
  return status;
}
