// The life of a tokenizer: its creation, its parts, its end.
#include "text/tokenizer_parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "base/path.h"
#include "text/tokenizer_step_lists.h"
#include "text/utf8.h"

// What transformers writes for a tokenizer of which nothing else is known.
enum { USUAL_MAX_LENGTH = 512 };

const char *ig_tokenizer_parts_special_key(const ig_tokenizer *t, ig_tokenizer_special which) {
  static const char *const keys[IG_TOKENIZER_SPECIAL_COUNT] = {"eos_token", "unk_token",
                                                               "pad_token"};
  const char *end_key = t->description->end_key;
  return which == IG_TOKENIZER_SPECIAL_EOS && end_key ? end_key : keys[which];
}

bool ig_tokenizer_parts_follows_file(const ig_tokenizer *t) {
  return t->description->kind == IG_TOKENIZER_STEPS;
}

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
  ig_tokenizer_step_lists_free(t->steps);
  ig_word_pieces_free(&t->word_pieces);
  json_decref(t->named);
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
  return kind == IG_TOKENIZER_PIECES || kind == IG_TOKENIZER_SHIFTED ||
         kind == IG_TOKENIZER_STEPS || kind == IG_TOKENIZER_WORD_PIECES;
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

const json_t *ig_tokenizer_parts_made_file(const ig_tokenizer *t, const char *name) {
  return t->foreign ? json_object_get(t->foreign->made, name) : NULL;
}

// The name that the file has in the directory.
static const char *own_name(const ig_tokenizer *t, const char *name) {
  const char *own =
      t->foreign ? json_string_value(json_object_get(t->foreign->renamed, name)) : NULL;
  return own ? own : name;
}

ig_status ig_tokenizer_parts_on_file(ig_tokenizer *t, int side, const char *directory,
                                     const char *name, ig_tokenizer_file_action action,
                                     ig_error *err) {
  char *path = ig_path_join(directory, own_name(t, name), err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status = action(t, side, path, err);
  free(path);
  return status;
}
