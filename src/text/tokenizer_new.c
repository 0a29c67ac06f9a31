// Tokenizers of new runs, on SentencePiece models.
#include "base/fail.h"
#include "text/tokenizer_connection.h"
#include "text/tokenizer_functions.h"

ig_status ig_tokenizer_from_sentencepiece(const ig_tokenizer_description *description,
                                          const char *source_model, const char *target_model,
                                          ig_tokenizer **out, ig_error *err) {
  *out = NULL;
  ig_tokenizer *t;
  IG_TRY(ig_tokenizer_parts_create(description, &t, err));
  t->shared = !target_model;
  ig_status status = ig_tokenizer_functions_of(t)->take_models(t, source_model, target_model, err);
  if (status == IG_OK) status = ig_tokenizer_connection_make(t, source_model, err);
  return ig_tokenizer_parts_deliver(t, status, out);
}
