// A text that becomes ids: finding ids, telling what has none.
#include "text/tokenizer_encoding.h"

#include <string.h>

#include "base/fail.h"
#include "text/tokenizer_places.h"

// Copies the text, or as many whole characters as fit.
static void keep_name(char *name, size_t size, const char *text, size_t length) {
  if (*name != '\0') return;
  if (length >= size) {
    length = size - 1;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) length--;
  }
  memcpy(name, text, length);
  name[length] = '\0';
}

static bool is_space_piece(const char *piece, size_t length) {
  return length == 3 && memcmp(piece, "\xE2\x96\x81", 3) == 0;
}

static void note_piece(const ig_tokenizer_encoding *e, const char *piece, size_t length,
                       bool known) {
  ig_encode_notes *notes = e->notes;
  if (!notes || is_space_piece(piece, length)) return;
  if (known) {
    notes->known++;
    return;
  }
  notes->unknown++;
  keep_name(notes->first_unknown, sizeof notes->first_unknown, piece, length);
}

// -1: the vocabulary lacks it.
static int find_id(const ig_tokenizer_encoding *e, const char *token, size_t length) {
  const int id = ig_added_tokens_find(&e->tokenizer->added, token, length);
  return id >= 0 ? id : ig_vocabulary_find(e->side->vocabulary, token, length);
}

ig_source_range ig_tokenizer_encoding_place(const ig_tokenizer_encoding *e, const char *text,
                                            size_t length) {
  const size_t begin = (size_t)(text - e->text);
  return (ig_source_range){begin, begin + length};
}

void ig_tokenizer_encoding_begin_word(const ig_tokenizer_encoding *e) {
  if (e->words) e->words->words++;
}

ig_status ig_tokenizer_encoding_append(const ig_tokenizer_encoding *e, int id,
                                       ig_source_range place, ig_error *err) {
  if (e->places) {
    if (e->tokenizer->trims_spaces) place = ig_tokenizer_places_trim(e, id, place);
    IG_TRY(ig_source_ranges_append(e->places, place, err));
  }
  if (e->words) IG_TRY(ig_ids_append(e->words->numbers, e->words->words - 1, err));
  return ig_ids_append(e->ids, id, err);
}

// id: -1: the text gets none.
static ig_status tell_unknown(const ig_tokenizer_encoding *e, const char *text, size_t length,
                              int id, ig_error *err) {
  if (!e->unknown) return IG_OK;
  return e->unknown->piece(e->unknown->context, text, length, id, err);
}

// The text has become <unk>.
static ig_status append_unknown(const ig_tokenizer_encoding *e, const char *text, size_t length,
                                ig_source_range place, ig_error *err) {
  IG_TRY(tell_unknown(e, text, length, e->side->unk_id, err));
  return ig_tokenizer_encoding_append(e, e->side->unk_id, place, err);
}

ig_status ig_tokenizer_encoding_tell_lost(const ig_tokenizer_encoding *e, const char *text,
                                          size_t length, ig_error *err) {
  note_piece(e, text, length, false);
  return tell_unknown(e, text, length, -1, err);
}

ig_status ig_tokenizer_encoding_add_unknown(const ig_tokenizer_encoding *e, const char *piece,
                                            size_t length, ig_source_range place, ig_error *err) {
  note_piece(e, piece, length, false);
  return append_unknown(e, piece, length, place, err);
}

ig_status ig_tokenizer_encoding_add_id(const ig_tokenizer_encoding *e, int id, const char *piece,
                                       size_t length, ig_source_range place, ig_error *err) {
  if (id == e->side->unk_id) return ig_tokenizer_encoding_add_unknown(e, piece, length, place, err);
  note_piece(e, piece, length, true);
  return ig_tokenizer_encoding_append(e, id, place, err);
}

ig_status ig_tokenizer_encoding_add_token(const ig_tokenizer_encoding *e, const char *token,
                                          size_t length, ig_source_range place, ig_error *err) {
  const int id = find_id(e, token, length);
  note_piece(e, token, length, id >= 0 && id != e->side->unk_id);
  return id >= 0 ? ig_tokenizer_encoding_append(e, id, place, err)
                 : append_unknown(e, token, length, place, err);
}

ig_status ig_tokenizer_encoding_add_code(const ig_tokenizer_encoding *e, const char *code,
                                         size_t length, ig_error *err) {
  const int id = find_id(e, code, length);
  const ig_source_range place = ig_tokenizer_encoding_place(e, code, length);
  if (id >= 0) return ig_tokenizer_encoding_append(e, id, place, err);
  if (e->notes) keep_name(e->notes->unknown_code, sizeof e->notes->unknown_code, code, length);
  return append_unknown(e, code, length, place, err);
}
