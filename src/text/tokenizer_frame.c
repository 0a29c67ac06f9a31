#include "text/tokenizer_frame.h"

#include "base/fail.h"

static void free_tokens(ig_frame_tokens *tokens) {
  ig_ids_free(&tokens->ids);
  ig_ids_free(&tokens->types);
}

void ig_tokenizer_frame_free(ig_tokenizer_frame *frame) {
  free_tokens(&frame->before);
  free_tokens(&frame->between);
  free_tokens(&frame->after);
  *frame = (ig_tokenizer_frame){0};
}

ig_status ig_tokenizer_frame_add(ig_frame_tokens *tokens, int id, int type, ig_error *err) {
  IG_TRY(ig_ids_append(&tokens->types, type, err));
  const ig_status status = ig_ids_append(&tokens->ids, id, err);
  if (status != IG_OK) tokens->types.count--;
  return status;
}

ig_status ig_tokenizer_frame_add_all(ig_frame_tokens *tokens, const ig_frame_tokens *more,
                                     ig_error *err) {
  for (size_t i = 0; i < more->ids.count; i++)
    IG_TRY(ig_tokenizer_frame_add(tokens, more->ids.ids[i], more->types.ids[i], err));
  return IG_OK;
}
