// Tokenizers whose tokens are the bytes of the text, as transformers 5.23 has them
// (models/byt5/tokenization_byt5.py).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/utf8_sequence.h"
#include "text/tokenizer_functions.h"
#include "text/utf8.h"

// ---- the vocabulary ---------------------------------------------------------

// A byte has no text of its own: it is called <0x41>, as SentencePiece calls it.
static ig_status add_bytes(ig_tokenizer *t, ig_error *err) {
  for (int byte = 0; byte < IG_TOKENIZER_BYTE_COUNT; byte++) {
    char text[8];
    const int length = snprintf(text, sizeof text, "<0x%02X>", (unsigned)byte);
    IG_TRY(ig_vocabulary_add(&t->vocabularies[0], text, (size_t)length,
                             byte + t->description->shift, err));
  }
  return IG_OK;
}

static ig_status read_bytes_config(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  IG_TRY(ig_tokenizer_functions_refuse_two_vocabularies(t, config, err));
  return ig_tokenizer_functions_read_count(t, config, err);
}

static ig_status make_vocabulary(ig_tokenizer *t, const char *directory, ig_error *err) {
  (void)directory;
  IG_TRY(ig_tokenizer_functions_add_special_pieces(t, err));
  return add_bytes(t, err);
}

static ig_status save_nothing(ig_tokenizer *t, const char *directory, ig_error *err) {
  (void)t;
  (void)directory;
  (void)err;
  return IG_OK;
}

static json_t *make_bytes_config(const ig_tokenizer *t) {
  json_t *config = json_pack("{s:i, s:s}", "model_max_length", t->model_max_length,
                             "tokenizer_class", t->description->class_names[0]);
  return ig_tokenizer_functions_add_count(t, config);
}

// ---- text to ids, ids to text -----------------------------------------------

static ig_status encode_part(const ig_tokenizer_encoding *e, const char *text, size_t length,
                             ig_error *err) {
  const int shift = e->tokenizer->description->shift;
  for (size_t i = 0, step; i < length; i += step) {
    step = ig_utf8_step(text + i);
    const ig_source_range place = ig_tokenizer_encoding_place(e, text + i, step);
    for (size_t k = i; k < i + step; k++)
      IG_TRY(
          ig_tokenizer_encoding_add_id(e, (unsigned char)text[k] + shift, text + k, 1, place, err));
  }
  return IG_OK;
}

static ig_status encode_bytes(const ig_tokenizer_encoding *e, const char *text, size_t length,
                              ig_error *err) {
  IG_TRY(ig_tokenizer_functions_refuse_sampling(e, err));
  return ig_tokenizer_encoding_cut(e, text, length, encode_part, err);
}

// The byte that a piece of the vocabulary is; -1: an added token.
static int byte_of(const ig_tokenizer *t, const char *piece) {
  const int id = ig_vocabulary_find(&t->vocabularies[0], piece, strlen(piece));
  const int byte = id - t->description->shift;
  return id >= 0 && byte >= 0 && byte < IG_TOKENIZER_BYTE_COUNT ? byte : -1;
}

// Bytes that are no UTF-8 are left out, as Python's errors="ignore" does; a NUL, which ends a text
// in C, becomes a space.
static void keep_characters(char *text, size_t length) {
  size_t to = 0;
  for (size_t i = 0; i < length;) {
    const unsigned char *from = (const unsigned char *)text + i;
    const size_t step = ig_utf8_sequence_length(from, length - i);
    memmove(text + to, text + i, step);
    to += step;
    i += step ? step : ig_utf8_sequence_subpart(from, length - i);
  }
  text[to] = '\0';
}

static ig_status decode_bytes(const ig_tokenizer *t, const char *const *pieces, size_t count,
                              char **out, ig_error *err) {
  size_t length = 0;
  char *text = *out = ig_tokenizer_functions_allocate_text(pieces, count, err);
  if (!text) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) {
    const int byte = byte_of(t, pieces[i]);
    if (byte >= 0) {
      text[length++] = byte ? (char)byte : ' ';
    } else {
      memcpy(text + length, pieces[i], strlen(pieces[i]));
      length += strlen(pieces[i]);
    }
  }
  keep_characters(text, length);
  return IG_OK;
}

const ig_tokenizer_functions ig_tokenizer_functions_bytes = {
    .read_config = read_bytes_config,
    .load = make_vocabulary,
    .encode = encode_bytes,
    .decode = decode_bytes,
    .save = save_nothing,
    .make_config = make_bytes_config,
};
