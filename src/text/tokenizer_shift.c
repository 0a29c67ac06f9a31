// The vocabulary of a tokenizer whose ids are SentencePiece's, moved up.
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "text/tokenizer_parts.h"

int ig_tokenizer_parts_first_id(const ig_tokenizer *t, const ig_special_pieces *pieces) {
  if (!pieces->after_pieces) return pieces->first_id;
  return t->description->shift + ig_sentencepiece_size(t->spms[0]) + pieces->first_id;
}

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

ig_status ig_tokenizer_parts_shift(ig_tokenizer *t, const char *where, ig_error *err) {
  ig_status status = IG_OK;
  const ig_special_pieces *pieces = t->description->special_pieces;
  for (; status == IG_OK && pieces && pieces->text; pieces++)
    status = add_special_pieces(t, pieces, err);
  if (status == IG_OK) status = add_model_pieces(t, err);
  if (status == IG_OK) status = check_gaps(t, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", where);
}
