// One vocabulary: see one_vocabulary.h.
#include "pipeline/one_vocabulary.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "decode/decode_options.h"

// The piece in quotes, cut to the whole characters of its first 60 bytes.
static const char *quote_piece(const char *piece, char text[64]) {
  if (!piece) return "nothing";
  size_t length = strlen(piece);
  if (length > 60) {
    length = 60;
    while (length > 0 && (piece[length] & 0xc0) == 0x80) length--;
  }
  snprintf(text, 64, "'%.*s'", (int)length, piece);
  return text;
}

static int size_of(const ig_tokenizer *tokenizer, ig_side side) {
  return side == IG_SIDE_SOURCE ? ig_tokenizer_source_size(tokenizer)
                                : ig_tokenizer_target_size(tokenizer);
}

static const char *name_of(ig_side side) { return side == IG_SIDE_SOURCE ? "source" : "target"; }

ig_status ig_one_vocabulary_check_pieces(const ig_vocabulary_owner *first,
                                         const ig_vocabulary_owner *other, ig_side side,
                                         const char *why, ig_error *err) {
  const int sizes[2] = {size_of(first->tokenizer, side), size_of(other->tokenizer, side)};
  char texts[2][64];
  for (int id = 0; id < sizes[0] || id < sizes[1]; id++) {
    const char *ours = ig_tokenizer_piece(first->tokenizer, side, id),
               *theirs = ig_tokenizer_piece(other->tokenizer, side, id);
    if (ours && theirs ? strcmp(ours, theirs) == 0 : ours == theirs) continue;
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s: %s id %d is %s, but in %s it is %s: %s",
                   other->directory, name_of(side), id, quote_piece(theirs, texts[0]),
                   first->directory, quote_piece(ours, texts[1]), why);
  }
  return IG_OK;
}

// Pieces, where tokenizers are at hand, and sizes.
static ig_status check_side(const ig_vocabulary_owner *first, const ig_vocabulary_owner *other,
                            ig_side side, const char *why, ig_error *err) {
  const ig_config *a = &first->model->config, *b = &other->model->config;
  const bool source = side == IG_SIDE_SOURCE;
  const int ours = source ? a->vocab_size : a->target_vocab_size,
            theirs = source ? b->vocab_size : b->target_vocab_size;
  if (first->tokenizer) IG_TRY(ig_one_vocabulary_check_pieces(first, other, side, why, err));
  if (ours == theirs) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "%s: the model has %d %s ids, but that of %s has %d: %s",
                 other->directory, theirs, name_of(side), first->directory, ours, why);
}

ig_status ig_one_vocabulary_check_source(const ig_vocabulary_owner *first,
                                         const ig_vocabulary_owner *other, const char *why,
                                         ig_error *err) {
  return check_side(first, other, IG_SIDE_SOURCE, why, err);
}

// The ids that the model's own files say of generating.
typedef struct generation_ids {
  int start, eos;
  ig_alternatives eos_alternatives;
} generation_ids;

static bool end_alike(const generation_ids *a, const generation_ids *b) {
  bool alike = a->eos == b->eos && a->eos_alternatives.count == b->eos_alternatives.count;
  for (int i = 0; alike && i < a->eos_alternatives.count; i++)
    alike = a->eos_alternatives.ids[i] == b->eos_alternatives.ids[i];
  return alike;
}

static ig_status find_ids(const ig_vocabulary_owner *owner, generation_ids *out, ig_error *err) {
  ig_decode_options options;
  *out = (generation_ids){.start = -1, .eos = -1};
  const ig_status status = ig_decode_options_load(owner->model, &options, err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s", owner->directory);
  *out = (generation_ids){options.start_id, options.eos_id, options.eos_alternatives};
  ig_decode_options_free(&options);
  return IG_OK;
}

ig_status ig_one_vocabulary_check_target(const ig_vocabulary_owner *first,
                                         const ig_vocabulary_owner *other, const char *why,
                                         int *start_id, ig_error *err) {
  generation_ids ours, theirs;
  IG_TRY(check_side(first, other, IG_SIDE_TARGET, why, err));
  IG_TRY(find_ids(first, &ours, err));
  IG_TRY(find_ids(other, &theirs, err));
  *start_id = theirs.start;
  if (end_alike(&ours, &theirs)) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: sentences end with id %d, but those of %s with %d: %s", other->directory,
                 theirs.eos, first->directory, ours.eos, why);
}
