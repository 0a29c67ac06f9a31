// Tokenizers whose tokens white space separates.
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/tokenizer_connection.h"
#include "text/tokenizer_functions.h"
#include "text/whitespace.h"

// ---- new runs ---------------------------------------------------------------

static bool lists(const ig_token_list *list, const char *token) {
  for (size_t i = 0; i < list->count; ++i)
    if (strcmp(list->tokens[i], token) == 0) return true;
  return false;
}

static ig_status take_tokens(ig_tokenizer *t, int side, const ig_token_list *list, ig_error *err) {
  ig_vocabulary *v = &t->vocabularies[side];
  int id = 0;
  for (int s = 0; s < IG_TOKENIZER_SPECIAL_PAD; ++s)
    if (!lists(list, t->special_text[s]))
      IG_TRY(ig_vocabulary_add(v, t->special_text[s], t->special_length[s], id++, err));
  for (size_t i = 0; i < list->count; ++i)
    IG_TRY(ig_vocabulary_add(v, list->tokens[i], strlen(list->tokens[i]), id++, err));
  return IG_OK;
}

ig_status ig_tokenizer_from_tokens(const ig_token_list *source, const ig_token_list *target,
                                   ig_tokenizer **out, ig_error *err) {
  *out = NULL;
  ig_tokenizer *t;
  IG_TRY(ig_tokenizer_parts_create(&ig_tokenizer_description_words, &t, err));
  t->shared = !target;
  ig_status status = ig_tokenizer_functions_name_all_special(t, err);
  if (status == IG_OK) status = take_tokens(t, 0, source, err);
  if (status == IG_OK && target) status = take_tokens(t, 1, target, err);
  if (status == IG_OK) status = ig_tokenizer_functions_add_pad(t, "token list", err);
  if (status == IG_OK) status = ig_tokenizer_connection_make(t, "token list", err);
  return ig_tokenizer_parts_deliver(t, status, out);
}

// ---- text to ids, ids to text -----------------------------------------------

static ig_status add_word(void *context, const char *token, size_t length, ig_error *err) {
  const ig_tokenizer_encoding *e = context;
  return ig_tokenizer_encoding_add_token(e, token, length,
                                         ig_tokenizer_encoding_place(e, token, length), err);
}

static ig_status encode_words(const ig_tokenizer_encoding *e, const char *text, size_t length,
                              ig_error *err) {
  return ig_whitespace_split(text, length, add_word, (void *)e, err);
}

static ig_status join_words(const ig_tokenizer *t, const char *const *words, size_t count,
                            char **out, ig_error *err) {
  (void)t;
  size_t size = 1;
  for (size_t i = 0; i < count; ++i) size += strlen(words[i]) + 1;
  char *to = *out = ig_allocate(size, 1, err);
  if (!to) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; ++i) {
    size_t length = strlen(words[i]);
    if (i) *to++ = ' ';
    memcpy(to, words[i], length);
    to += length;
  }
  return IG_OK;
}

const ig_tokenizer_functions ig_tokenizer_functions_words = {
    .load = ig_tokenizer_functions_load_vocabularies,
    .encode = encode_words,
    .decode = join_words,
    .save = ig_tokenizer_functions_save_vocabularies,
    .make_config = ig_tokenizer_functions_make_config,
};
