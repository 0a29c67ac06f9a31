// A text that becomes ids: cutting it at added tokens.
#include <stdlib.h>

#include "base/fail.h"
#include "text/tokenizer_encoding.h"
#include "text/tokenizer_functions.h"

static ig_status add_added(const ig_tokenizer_encoding *e, const ig_added_token *token,
                           ig_source_range place, ig_error *err) {
  const bool is_code = ig_tokenizer_code_length(token->text, token->length) == token->length;
  if (e->notes && !token->special && !is_code) e->notes->known++;
  ig_tokenizer_encoding_begin_word(e);
  return ig_tokenizer_encoding_append(e, token->id, place, err);
}

ig_status ig_tokenizer_encoding_cut(const ig_tokenizer_encoding *e, const char *text, size_t length,
                                    ig_tokenizer_encoding_part encode, ig_error *err) {
  ig_added_part *parts;
  size_t count;
  ig_status status = ig_added_tokens_cut(&e->tokenizer->added, text, length, &parts, &count, err);
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    const ig_added_part *part = &parts[i];
    if (part->token)
      status = add_added(
          e, part->token,
          ig_tokenizer_encoding_place(e, text + part->begin, part->end - part->begin), err);
    else if (part->begin < part->end)
      status = encode(e, text + part->begin, part->end - part->begin, err);
  }
  free(parts);
  return status;
}

// ---- as Hugging Face tokenizers ---------------------------------------------

// A stretch between two tokens of the first pass.
typedef struct text_stretch {
  const ig_tokenizer_encoding *encoding;
  ig_tokenizer_encoding_part encode;           // of text as it is
  ig_tokenizer_encoding_mapped encode_mapped;  // of normalized text
} text_stretch;

static ig_status encode_slice(const text_stretch *s, const ig_mapped_text *normal,
                              const ig_added_part *part, size_t begin, ig_error *err) {
  const ig_mapped_text slice = {.bytes = normal->bytes + part->begin,
                                .sources = normal->sources + part->begin,
                                .length = part->end - part->begin};
  if (!part->token) return s->encode_mapped(s->encoding, &slice, begin, err);
  const ig_source_range place = {slice.sources[0].begin, slice.sources[slice.length - 1].end};
  return add_added(s->encoding, part->token, place, err);
}

static ig_status encode_normal(const text_stretch *s, const ig_mapped_text *normal, size_t begin,
                               ig_error *err) {
  const ig_added_tokens *added = &s->encoding->tokenizer->added;
  if (!added->has_normalized) return s->encode_mapped(s->encoding, normal, begin, err);
  ig_added_parts parts = {0};
  ig_status status = ig_added_tokens_match(added, true, normal->bytes, normal->length, &parts, err);
  for (size_t i = 0; status == IG_OK && i < parts.count; i++)
    status = encode_slice(s, normal, &parts.list[i], begin, err);
  free(parts.list);
  return status;
}

static ig_status encode_normalized(const text_stretch *s, const char *text, size_t length,
                                   ig_error *err) {
  const ig_tokenizer *t = s->encoding->tokenizer;
  const size_t begin = ig_tokenizer_encoding_place(s->encoding, text, 0).begin;
  ig_mapped_text normal = {0};
  ig_status status = ig_mapped_text_append_source(&normal, text, length, begin, err);
  if (status == IG_OK) status = ig_tokenizer_functions_of(t)->normalize(t, &normal, err);
  if (status == IG_OK) status = encode_normal(s, &normal, begin, err);
  ig_mapped_text_free(&normal);
  return status;
}

// Cuts at the tokens of one pass; the text between goes on to the next pass, or to the kind.
static ig_status match_tokens(const text_stretch *s, bool normalized, const char *text,
                              size_t length, ig_error *err) {
  const ig_added_tokens *added = &s->encoding->tokenizer->added;
  ig_added_parts parts = {0};
  ig_status status = ig_added_tokens_match(added, normalized, text, length, &parts, err);
  for (size_t i = 0; status == IG_OK && i < parts.count; i++) {
    const char *stretch = text + parts.list[i].begin;
    const size_t size = parts.list[i].end - parts.list[i].begin;
    if (parts.list[i].token)
      status = add_added(s->encoding, parts.list[i].token,
                         ig_tokenizer_encoding_place(s->encoding, stretch, size), err);
    else if (s->encode_mapped)
      status = encode_normalized(s, stretch, size, err);
    else if (!normalized && added->has_normalized)
      status = match_tokens(s, true, stretch, size, err);
    else
      status = s->encode(s->encoding, stretch, size, err);
  }
  free(parts.list);
  return status;
}

ig_status ig_tokenizer_encoding_match(const ig_tokenizer_encoding *e, const char *text,
                                      size_t length, ig_tokenizer_encoding_part encode,
                                      ig_error *err) {
  const text_stretch s = {.encoding = e, .encode = encode};
  return match_tokens(&s, false, text, length, err);
}

ig_status ig_tokenizer_encoding_normalize(const ig_tokenizer_encoding *e, const char *text,
                                          size_t length, ig_tokenizer_encoding_mapped encode,
                                          ig_error *err) {
  const text_stretch s = {.encoding = e, .encode_mapped = encode};
  return match_tokens(&s, false, text, length, err);
}
