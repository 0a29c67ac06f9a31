// Tokens that are added to a loaded tokenizer.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/json.h"
#include "text/tokenizer_functions.h"
#include "text/tokenizer_json.h"
#include "text/utf8.h"

static bool is_words(const ig_tokenizer *t) { return t->description->kind == IG_TOKENIZER_WORDS; }

// SentencePiece writes it for a space, and whoever joins pieces makes a space of it.
static bool holds_word_mark(const ig_tokenizer *t, const char *text) {
  return ig_tokenizer_parts_has_pieces(t) && strstr(text, "\xE2\x96\x81");
}

// Text is read line by line, so that a token of two would never be found.
static bool holds_control(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7F) return true;
  return false;
}

static bool holds_space(const char *text) {
  for (size_t step; *text; text += step)
    if (ig_utf8_is_space(ig_utf8_decode(text, &step))) return true;
  return false;
}

static bool ends_in_space(const char *text, size_t length) {
  size_t step;
  return ig_utf8_is_space(ig_utf8_decode(text, &step)) ||
         ig_utf8_is_space(ig_utf8_decode(text + ig_utf8_before(text, length), &step));
}

ig_status ig_tokenizer_check_token(const ig_tokenizer *t, const char *text, ig_error *err) {
  const size_t length = strlen(text);
  const char *what = NULL;
  if (length == 0)
    what = "a token is empty";
  else if (!ig_utf8_valid(text, length, NULL))
    what = "a token is no UTF-8";
  else if (holds_control(text))
    what = "it holds a control character or the end of a line";
  else if (ends_in_space(text, length))
    what = "it begins or ends with white space";
  else if (is_words(t) && holds_space(text))
    what = "it holds white space, and the tokenizer's tokens are words";
  else if (holds_word_mark(t, text))
    what = "it holds U+2581, which stands for a space";
  if (!what) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "token '%.100s': %s",
                 length && ig_utf8_valid(text, length, NULL) ? text : "", what);
}

// The id that Hugging Face tokenizers gives the next token, whatever files say: it counts.
static int counted_id(const ig_tokenizer *t) {
  size_t next = t->source.vocabulary->count;
  for (size_t i = 0; i < t->added.count; i++)
    next += ig_vocabulary_find(t->source.vocabulary, t->added.list[i].text,
                               t->added.list[i].length) < 0;
  return next < INT_MAX ? (int)next : INT_MAX;
}

// One vocabulary, and ids that transformers would give, too.
static ig_status check_tokenizer(const ig_tokenizer *t, ig_error *err) {
  const int next = ig_tokenizer_source_size(t);
  if (!t->shared)
    return ig_fail(
        err, IG_ERROR_UNSUPPORTED,
        "tokens cannot be added to a tokenizer with a vocabulary for each side: expected "
        "one for both");
  if (ig_tokenizer_functions_of(t)->normalize && counted_id(t) != next)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "tokens cannot be added: the next id is %d, but the vocabulary leaves ids out, "
                   "and Hugging Face tokenizers would give %d",
                   next, counted_id(t));
  return IG_OK;
}

static bool has_token(const ig_tokenizer *t, const char *text) {
  const size_t length = strlen(text);
  return ig_vocabulary_find(t->source.vocabulary, text, length) >= 0 ||
         ig_vocabulary_find(&t->added.own, text, length) >= 0;
}

static ig_status add_token(ig_tokenizer *t, const char *text, int id, ig_error *err) {
  if (is_words(t)) return ig_vocabulary_add(&t->vocabularies[0], text, strlen(text), id, err);
  // It is looked for in the text as it stands: so nothing that normalizes text can hide it.
  const ig_added_token token = {.text = (char *)text};
  return ig_added_tokens_append(&t->added, &token, id, err);
}

static bool list_token(json_t *list, const char *text, int id) {
  return json_array_append_new(list, json_pack("{s:i, s:s, s:b, s:b, s:b, s:b, s:b}", "id", id,
                                               "content", text, "single_word", 0, "lstrip", 0,
                                               "rstrip", 0, "normalized", 0, "special", 0)) == 0;
}

// Lists the added tokens with ids from first on in the tokenizer.json that will be written.
static ig_status extend_json(ig_tokenizer *t, int first, ig_error *err) {
  json_t *root;
  IG_TRY(ig_json_parse_object(t->json_bytes, t->json_size, IG_TOKENIZER_JSON_NAME, &root, err));
  json_t *list = json_object_get(root, "added_tokens");
  bool made = json_is_array(list);
  if (!made) made = json_object_set_new(root, "added_tokens", list = json_array()) == 0;
  for (size_t i = 0; made && i < t->added.count; i++)
    if (t->added.list[i].id >= first)
      made = list_token(list, t->added.list[i].text, t->added.list[i].id);
  char *text = made ? ig_json_text(root, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
  json_decref(root);
  if (!text) return ig_fail_memory(err);
  free(t->json_bytes);
  t->json_bytes = text;
  t->json_size = strlen(text);
  return IG_OK;
}

ig_status ig_tokenizer_add_tokens(ig_tokenizer *t, const ig_token_list *tokens, bool *known,
                                  ig_error *err) {
  IG_TRY(check_tokenizer(t, err));
  for (size_t i = 0; i < tokens->count; i++)
    IG_TRY(ig_tokenizer_check_token(t, tokens->tokens[i], err));
  const int first = ig_tokenizer_source_size(t);
  int next = first;
  for (size_t i = 0; i < tokens->count; i++) {
    known[i] = has_token(t, tokens->tokens[i]);
    if (!known[i]) IG_TRY(add_token(t, tokens->tokens[i], next++, err));
  }
  return t->json_bytes && next > first ? extend_json(t, first, err) : IG_OK;
}
