#include "pipeline/unknown_pieces.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/sentencepiece.h"

static ig_status add_piece(void *context, const char *piece, size_t length, int id, ig_error *err) {
  ig_unknown_pieces *u = context;
  if (id < 0) return IG_OK;  // it became no id
  IG_TRY(ig_allocate_more((void **)&u->list, &u->capacity, u->count + 1, sizeof *u->list, err));
  u->list[u->count] = ig_allocate_copy(piece, length, err);
  return u->list[u->count++] ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_unknown_pieces_find(const ig_tokenizer *tokenizer, const ig_side_text *text,
                                 const ig_ids *ids, ig_unknown_pieces *out, ig_error *err) {
  const ig_piece_sink sink = {.piece = add_piece, .context = out};
  ig_ids whole = {0};
  IG_TRY(ig_tokenizer_encode_unknown(tokenizer, text, &whole, &sink, err));
  const int unknown = ig_tokenizer_unk_id(tokenizer, text->side);
  size_t found = 0;
  for (size_t i = 0; i < whole.count; i++) found += whole.ids[i] == unknown;
  if (found != out->count || ids->count > whole.count) ig_unknown_pieces_free(out);
  ig_ids_free(&whole);
  return IG_OK;
}

void ig_unknown_pieces_free(ig_unknown_pieces *u) {
  for (size_t i = 0; i < u->count; i++) free(u->list[i]);
  free(u->list);
  *u = (ig_unknown_pieces){0};
}
