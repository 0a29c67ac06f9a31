// Tokenizers whose ids are SentencePiece's, moved up.
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "text/tokenizer_functions.h"

// ---- the vocabulary ---------------------------------------------------------

static ig_status add_special_pieces(ig_tokenizer *t, const ig_special_pieces *pieces,
                                    ig_error *err) {
  ig_vocabulary *v = &t->vocabularies[0];
  const int first = ig_tokenizer_parts_first_id(t, pieces);
  if (pieces->count == 0)
    return ig_vocabulary_add(v, pieces->text, strlen(pieces->text), first, err);
  for (int i = 0; i < pieces->count; i++) {
    char text[64];
    const int number = pieces->first_number + i * pieces->number_step;
    snprintf(text, sizeof text, pieces->text, number);
    IG_TRY(ig_vocabulary_add(v, text, strlen(text), first + i, err));
  }
  return IG_OK;
}

static ig_status add_model_pieces(ig_tokenizer *t, ig_error *err) {
  ig_vocabulary *v = &t->vocabularies[0];
  const int size = ig_sentencepiece_size(t->spms[0]);
  for (int id = 0; id < size; id++) {
    const char *piece = ig_sentencepiece_piece(t->spms[0], id);
    const size_t length = strlen(piece);
    if (ig_vocabulary_find(v, piece, length) < 0)
      IG_TRY(ig_vocabulary_add(v, piece, length, id + t->description->shift, err));
  }
  return IG_OK;
}

// A table that leaves a gap, or a model of another kind, would give every sentence wrong ids.
static ig_status check_gaps(const ig_tokenizer *t, ig_error *err) {
  const ig_vocabulary *v = &t->vocabularies[0];
  for (int id = 0; id < v->size; id++)
    if (!ig_vocabulary_token(v, id))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "no piece has the id %d: special pieces and SentencePiece's ids, moved up by "
                     "%d, leave a gap",
                     id, t->description->shift);
  return IG_OK;
}

static ig_status make_vocabulary(ig_tokenizer *t, const char *where, ig_error *err) {
  ig_status status = IG_OK;
  const ig_special_pieces *pieces = t->description->special_pieces;
  for (; status == IG_OK && pieces && pieces->text; pieces++)
    status = add_special_pieces(t, pieces, err);
  if (status == IG_OK) status = add_model_pieces(t, err);
  if (status == IG_OK) status = check_gaps(t, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", where);
}

// ---- files ------------------------------------------------------------------

static ig_status read_shifted_config(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  const ig_tokenizer_description *d = t->description;
  int shift = d->shift;
  if (d->shift_key) IG_TRY(ig_json_int(config, d->shift_key, d->shift, &shift, err));
  if (shift != d->shift)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s: expected %d, found %d", config.where,
                   d->shift_key, d->shift, shift);
  if (!t->shared)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: separate_vocabs: %s has one vocabulary for both sides", config.where,
                   d->class_names[0]);
  return IG_OK;
}

static ig_status load_shifted(ig_tokenizer *t, const char *directory, ig_error *err) {
  IG_TRY(ig_tokenizer_parts_on_file(t, 0, directory, t->description->files.source_model,
                                    ig_tokenizer_functions_load_model, err));
  return make_vocabulary(t, directory, err);
}

static ig_status save_shifted(ig_tokenizer *t, const char *directory, ig_error *err) {
  return ig_tokenizer_parts_on_file(t, 0, directory, t->description->files.source_model,
                                    ig_tokenizer_functions_save_model, err);
}

static json_t *make_shifted_config(const ig_tokenizer *t) {
  const ig_tokenizer_description *d = t->description;
  json_t *config = json_pack("{s:i, s:s}", "model_max_length", t->model_max_length,
                             "tokenizer_class", d->class_names[0]);
  if (d->shift_key && json_object_set_new(config, d->shift_key, json_integer(d->shift)) != 0) {
    json_decref(config);
    return NULL;
  }
  return config;
}

static ig_status take_shifted(ig_tokenizer *t, const char *source_model, const char *target_model,
                              ig_error *err) {
  if (target_model)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s has one SentencePiece model for both sides",
                   target_model, t->description->class_names[0]);
  IG_TRY(ig_tokenizer_functions_name_all_special(t, err));
  IG_TRY(ig_sentencepiece_load(source_model, &t->spms[0], err));
  return make_vocabulary(t, source_model, err);
}

// ---- text to ids, ids to text -----------------------------------------------

// SentencePiece's ids, moved up, are not used: the table of special pieces may give a piece another
// id.
static ig_status add_shifted(void *context, const char *piece, size_t length, int id,
                             ig_error *err) {
  const ig_tokenizer_encoding *e = context;
  if (id == ig_sentencepiece_unk_id(e->side->spm))
    return ig_tokenizer_encoding_add_unknown(e, piece, length, err);
  return ig_tokenizer_encoding_add_token(e, piece, length, err);
}

static ig_status encode_part(const ig_tokenizer_encoding *e, const char *text, size_t length,
                             ig_error *err) {
  const ig_piece_sink sink = {add_shifted, (void *)e};
  return ig_tokenizer_functions_split(e, text, length, &sink, err);
}

static ig_status encode_shifted(const ig_tokenizer_encoding *e, const char *text, size_t length,
                                ig_error *err) {
  return ig_tokenizer_encoding_cut(e, text, length, encode_part, err);
}

static ig_status decode_shifted(const ig_tokenizer *t, const char *const *pieces, size_t count,
                                char **out, ig_error *err) {
  size_t length;
  return ig_tokenizer_functions_join(t, pieces, count, out, &length, err);
}

const ig_tokenizer_functions ig_tokenizer_functions_shifted = {
    .read_config = read_shifted_config,
    .load = load_shifted,
    .take_models = take_shifted,
    .encode = encode_shifted,
    .decode = decode_shifted,
    .save = save_shifted,
    .make_config = make_shifted_config,
};
