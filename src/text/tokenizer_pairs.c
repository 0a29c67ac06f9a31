#include "text/tokenizer_pairs.h"

#include "base/fail.h"
#include "text/tokenizer_functions.h"
#include "text/tokenizer_step_lists.h"

void ig_tokenizer_pairs_free_tokens(ig_text_tokens *tokens) {
  ig_ids_free(&tokens->ids);
  ig_source_ranges_free(&tokens->places);
  ig_ids_free(&tokens->words);
}

static ig_status refuse_other_kinds(const ig_tokenizer *t, ig_error *err) {
  const ig_tokenizer_kind kind = t->description->kind;
  const bool is_theirs = kind == IG_TOKENIZER_SHIFTED || kind == IG_TOKENIZER_BYTE_LEVEL ||
                         kind == IG_TOKENIZER_STEPS || kind == IG_TOKENIZER_WORD_PIECES;
  if (is_theirs && !t->description->languages) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "a %s knows no pairs of texts",
                 t->description->class_names[0]);
}

static void forget_tokens(ig_text_tokens *tokens) {
  tokens->ids.count = tokens->places.count = tokens->words.count = 0;
}

ig_status ig_tokenizer_pairs_encode(const ig_tokenizer *t, const char *text, size_t length,
                                    ig_text_tokens *tokens, ig_error *err) {
  ig_word_count count = {.numbers = &tokens->words, .words = 0};
  IG_TRY(refuse_other_kinds(t, err));
  forget_tokens(tokens);
  const ig_tokenizer_encoding e = {.side = &t->source,
                                   .ids = &tokens->ids,
                                   .places = &tokens->places,
                                   .words = &count,
                                   .bare = true};
  const ig_status status = ig_tokenizer_encoding_encode(t, e, text, length, err);
  if (status != IG_OK) forget_tokens(tokens);
  return status;
}

// ---- special tokens ---------------------------------------------------------

// A model may lack the row of an added token.
static ig_status add_known(const ig_tokenizer *t, ig_frame_tokens *to, const ig_frame_tokens *from,
                           ig_error *err) {
  for (size_t i = 0; i < from->ids.count; i++)
    if (from->ids.ids[i] < t->added.limit)
      IG_TRY(ig_tokenizer_frame_add(to, from->ids.ids[i], from->types.ids[i], err));
  return IG_OK;
}

static ig_status copy_frame(const ig_tokenizer *t, const ig_tokenizer_frame *from,
                            ig_tokenizer_frame *to, ig_error *err) {
  to->first_type = from->first_type;
  to->second_type = from->second_type;
  IG_TRY(add_known(t, &to->before, &from->before, err));
  IG_TRY(add_known(t, &to->between, &from->between, err));
  return add_known(t, &to->after, &from->after, err);
}

static ig_status add_begin(const ig_tokenizer *t, ig_tokenizer_frame *frame, ig_error *err) {
  return t->begin_id < 0 ? IG_OK : ig_tokenizer_frame_add(&frame->before, t->begin_id, 0, err);
}

static ig_status make_single(const ig_tokenizer *t, ig_tokenizer_frame *frame, ig_error *err) {
  if (ig_tokenizer_parts_follows_file(t)) return copy_frame(t, &t->steps->ends.single, frame, err);
  IG_TRY(add_begin(t, frame, err));
  return ig_tokenizer_frame_add(&frame->after, t->source.eos_id, 0, err);
}

static ig_status make_pair(const ig_tokenizer *t, ig_tokenizer_frame *frame, ig_error *err) {
  const ig_pair_kind kind = t->description->pair;
  const int end = t->source.eos_id;
  if (ig_tokenizer_parts_follows_file(t)) {
    if (t->steps->ends.has_pair) return copy_frame(t, &t->steps->ends.pair, frame, err);
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "tokenizer.json: post_processor: no pair");
  }
  frame->second_type = kind == IG_PAIR_TYPES;
  IG_TRY(add_begin(t, frame, err));
  IG_TRY(ig_tokenizer_frame_add(&frame->between, end, 0, err));
  if (kind == IG_PAIR_TWO_ENDS) IG_TRY(ig_tokenizer_frame_add(&frame->between, end, 0, err));
  return ig_tokenizer_frame_add(&frame->after, end, frame->second_type, err);
}

typedef ig_status (*frame_maker)(const ig_tokenizer *t, ig_tokenizer_frame *frame, ig_error *err);

static ig_status replace_frame(const ig_tokenizer *t, ig_tokenizer_frame *frame, frame_maker make,
                               ig_error *err) {
  ig_tokenizer_frame_free(frame);
  IG_TRY(refuse_other_kinds(t, err));
  const ig_status status = make(t, frame, err);
  if (status != IG_OK) ig_tokenizer_frame_free(frame);
  return status;
}

ig_status ig_tokenizer_pairs_single_frame(const ig_tokenizer *t, ig_tokenizer_frame *frame,
                                          ig_error *err) {
  return replace_frame(t, frame, make_single, err);
}

ig_status ig_tokenizer_pairs_frame(const ig_tokenizer *t, ig_tokenizer_frame *frame,
                                   ig_error *err) {
  return replace_frame(t, frame, make_pair, err);
}
