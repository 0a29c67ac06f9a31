// Tokenizers of new runs: on SentencePiece models, and on lists of words.
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/tokenizer_parts.h"

// ---- on SentencePiece models ------------------------------------------------

// The ids of the model as they are; eos and unk take the names this model gives them.
static ig_status take_pieces(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  IG_TRY(ig_sentencepiece_load(path, &t->spms[side], err));
  const ig_sentencepiece *spm = t->spms[side];
  int ids[2] = {ig_sentencepiece_eos_id(spm), ig_sentencepiece_unk_id(spm)};
  for (int i = 0; i < 2; ++i) {
    const char *piece = ig_sentencepiece_piece(spm, ids[i]);
    if (!piece)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: the SentencePiece model has no %s", path,
                     t->description->special[i]);
    if (side == 0) IG_TRY(ig_tokenizer_parts_set_special(t, (ig_tokenizer_special)i, piece, err));
  }
  int size = ig_sentencepiece_size(spm);
  for (int id = 0; id < size; ++id) {
    const char *piece = ig_sentencepiece_piece(spm, id);
    ig_status status = ig_vocabulary_add(&t->vocabularies[side], piece, strlen(piece), id, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s", path);
  }
  return IG_OK;
}

// <pad> after the last id of both sides: one id, as config.json has one pad_token_id. A vocabulary
// that has a <pad> keeps it.
static ig_status add_pad(ig_tokenizer *t, const char *where, ig_error *err) {
  int sides = t->shared ? 1 : 2, id = 0;
  const char *pad = t->special_text[IG_TOKENIZER_SPECIAL_PAD];
  size_t length = t->special_length[IG_TOKENIZER_SPECIAL_PAD];
  for (int i = 0; i < sides; ++i) {
    int found = ig_vocabulary_find(&t->vocabularies[i], pad, length);
    int wanted = found >= 0 ? found : t->vocabularies[i].size;
    if (wanted > id) id = wanted;
  }
  for (int i = 0; i < sides; ++i) {
    if (ig_vocabulary_find(&t->vocabularies[i], pad, length) >= 0) continue;
    ig_status status = ig_vocabulary_add(&t->vocabularies[i], pad, length, id, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s", where);
  }
  return IG_OK;
}

static ig_status use_default(ig_tokenizer *t, ig_tokenizer_special which, ig_error *err) {
  return ig_tokenizer_parts_set_special(t, which, t->description->special[which], err);
}

static ig_status use_defaults(ig_tokenizer *t, ig_error *err) {
  for (int s = 0; s < IG_TOKENIZER_SPECIAL_COUNT; ++s)
    IG_TRY(use_default(t, (ig_tokenizer_special)s, err));
  return IG_OK;
}

static ig_status take_shifted(ig_tokenizer *t, const char *source_model, const char *target_model,
                              ig_error *err) {
  if (target_model)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s has one SentencePiece model for both sides",
                   target_model, t->description->class_names[0]);
  IG_TRY(use_defaults(t, err));
  IG_TRY(ig_sentencepiece_load(source_model, &t->spms[0], err));
  return ig_tokenizer_parts_shift(t, source_model, err);
}

// The vocabularies of IG_TOKENIZER_PIECES.
static ig_status take_models(ig_tokenizer *t, const char *source_model, const char *target_model,
                             ig_error *err) {
  IG_TRY(use_default(t, IG_TOKENIZER_SPECIAL_PAD, err));
  IG_TRY(take_pieces(t, 0, source_model, err));
  if (target_model) IG_TRY(take_pieces(t, 1, target_model, err));
  return add_pad(t, source_model, err);
}

ig_status ig_tokenizer_from_sentencepiece(const ig_tokenizer_description *description,
                                          const char *source_model, const char *target_model,
                                          ig_tokenizer **out, ig_error *err) {
  *out = NULL;
  ig_tokenizer *t;
  IG_TRY(ig_tokenizer_parts_create(description, &t, err));
  t->shared = !target_model;
  ig_status status = description->kind == IG_TOKENIZER_SHIFTED
                         ? take_shifted(t, source_model, target_model, err)
                         : take_models(t, source_model, target_model, err);
  if (status == IG_OK) status = ig_tokenizer_parts_connect(t, source_model, err);
  return ig_tokenizer_parts_deliver(t, status, out);
}

// ---- on lists of words ------------------------------------------------------

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
  ig_status status = use_defaults(t, err);
  if (status == IG_OK) status = take_tokens(t, 0, source, err);
  if (status == IG_OK && target) status = take_tokens(t, 1, target, err);
  if (status == IG_OK) status = add_pad(t, "token list", err);
  if (status == IG_OK) status = ig_tokenizer_parts_connect(t, "token list", err);
  return ig_tokenizer_parts_deliver(t, status, out);
}
