// Tokenizers of byte-level BPE, as transformers 5.23 and tokenizers 0.23 have them: text is cut at
// special and added tokens, then into words, of whose UTF-8 each byte is a symbol; merges.txt joins
// symbols, vocab.json maps the results to ids.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/text_repair.h"
#include "text/byte_symbols.h"
#include "text/byte_words.h"
#include "text/piece_merges.h"
#include "text/tokenizer_from_json.h"
#include "text/tokenizer_functions.h"
#include "text/utf8.h"

// ---- files ------------------------------------------------------------------

static ig_status read_byte_level_config(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  IG_TRY(ig_tokenizer_functions_refuse_two_vocabularies(t, config, err));
  IG_TRY(ig_json_bool(config, "trim_offsets", true, &t->trims_spaces, err));
  return ig_json_bool(config, "add_prefix_space", false, &t->add_prefix_space, err);
}

static ig_status load_merges(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  return ig_merges_load(&t->merges, &t->vocabularies[side], path, err);
}

static ig_status save_merges(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  return ig_merges_save(&t->merges, &t->vocabularies[side], path, err);
}

static void find_bytes(ig_tokenizer *t) {
  char symbol[IG_BYTE_SYMBOLS_MAX];
  for (int byte = 0; byte < 256; byte++) {
    const size_t length = ig_byte_symbols_write((unsigned char)byte, symbol);
    t->byte_ids[byte] = ig_vocabulary_find(&t->vocabularies[0], symbol, length);
  }
}

static ig_status load_byte_level(ig_tokenizer *t, const char *directory, ig_error *err) {
  const ig_tokenizer_files *files = &t->description->files;
  if (ig_tokenizer_from_json_is_meant(directory, files->vocabulary, files->merges)) {
    IG_TRY(ig_tokenizer_from_json_load(t, directory, err));
    find_bytes(t);
    return IG_OK;
  }
  IG_TRY(ig_tokenizer_functions_load_vocabularies(t, directory, err));
  find_bytes(t);
  return ig_tokenizer_parts_on_file(t, 0, directory, t->description->files.merges, load_merges,
                                    err);
}

static ig_status save_byte_level(ig_tokenizer *t, const char *directory, ig_error *err) {
  if (t->json_bytes) return ig_tokenizer_from_json_save(t, directory, err);
  IG_TRY(ig_tokenizer_functions_save_vocabularies(t, directory, err));
  return ig_tokenizer_parts_on_file(t, 0, directory, t->description->files.merges, save_merges,
                                    err);
}

static json_t *make_byte_level_config(const ig_tokenizer *t) {
  return json_pack("{s:b, s:b, s:i, s:s}", "add_prefix_space", t->add_prefix_space, "trim_offsets",
                   t->trims_spaces, "model_max_length", t->model_max_length, "tokenizer_class",
                   t->description->class_names[0]);
}

// ---- text to ids ------------------------------------------------------------

// The ids of one word after another.
typedef struct byte_word_encoder {
  const ig_tokenizer_encoding *encoding;
  ig_merging merging;
  int *ids;
  size_t capacity;
  const char *spaced;  // a copy of the text after a space; NULL: the text itself
  const char *text;
  ig_mapped_text symbols;  // of a word whose ids need places
  ig_piece_merging symbol_merging;
  ig_unigram_parts parts;
} byte_word_encoder;

// A byte that the vocabulary lacks has no id, as in the original, and its character is told.
static ig_status tell_lost_bytes(const byte_word_encoder *b, const char *word, size_t length,
                                 ig_error *err) {
  const ig_tokenizer *t = b->encoding->tokenizer;
  for (size_t i = 0, step; i < length; i += step) {
    bool lost = false;
    ig_utf8_decode(word + i, &step);
    for (size_t j = i; j < i + step; j++) lost = lost || t->byte_ids[(unsigned char)word[j]] < 0;
    if (lost) IG_TRY(ig_tokenizer_encoding_tell_lost(b->encoding, word + i, step, err));
  }
  return IG_OK;
}

static bool is_blank(const char *word, size_t length) {
  for (size_t i = 0, step; i < length; i += step)
    if (!ig_byte_words_is_space(ig_utf8_decode(word + i, &step))) return false;
  return true;
}

// The place of a character. That of the space before the text is the first character's.
static ig_source_range place_of(const byte_word_encoder *b, const char *character, size_t step) {
  if (!b->spaced) return ig_tokenizer_encoding_place(b->encoding, character, step);
  if (character == b->spaced)
    return ig_tokenizer_encoding_place(b->encoding, b->text, ig_utf8_step(b->text));
  return ig_tokenizer_encoding_place(b->encoding, b->text + (character - b->spaced) - 1, step);
}

static ig_status write_symbols(byte_word_encoder *b, const char *word, size_t length,
                               ig_error *err) {
  b->symbols.length = 0;
  for (size_t i = 0, step; i < length; i += step) {
    step = ig_utf8_step(word + i);
    const ig_source_range place = place_of(b, word + i, step);
    for (size_t k = i; k < i + step; k++) {
      char symbol[IG_BYTE_SYMBOLS_MAX];
      const size_t size = ig_byte_symbols_write((unsigned char)word[k], symbol);
      IG_TRY(ig_mapped_text_append(&b->symbols, symbol, size, place, err));
    }
  }
  return IG_OK;
}

// As encode_word, with places. The symbols are written out, for tokenizers counts places in them:
// where the vocabulary lacks one, all that follow in the word are too low.
static ig_status encode_placed_word(byte_word_encoder *b, const char *word, size_t length,
                                    ig_error *err) {
  const ig_tokenizer *t = b->encoding->tokenizer;
  const ig_piece_merges by = {
      .merges = &t->merges, .vocabulary = &t->vocabularies[0], .unknown_id = -1};
  IG_TRY(write_symbols(b, word, length, err));
  IG_TRY(ig_piece_merges_encode(&by, &b->symbol_merging, b->symbols.bytes, b->symbols.length,
                                &b->parts, err));
  for (size_t i = 0; i < b->parts.count; i++) {
    const ig_unigram_part *part = &b->parts.list[i];
    const ig_source_range place = {b->symbols.sources[part->begin].begin,
                                   b->symbols.sources[part->end - 1].end};
    IG_TRY(ig_tokenizer_encoding_append(b->encoding, part->id, place, err));
  }
  return IG_OK;
}

static ig_status encode_word(byte_word_encoder *b, const char *word, size_t length, ig_error *err) {
  const ig_tokenizer *t = b->encoding->tokenizer;
  ig_tokenizer_encoding_begin_word(b->encoding);
  if (b->encoding->places) return encode_placed_word(b, word, length, err);
  size_t count = 0;
  IG_TRY(ig_allocate_more((void **)&b->ids, &b->capacity, length, sizeof *b->ids, err));
  for (size_t i = 0; i < length; i++) {
    b->ids[count] = t->byte_ids[(unsigned char)word[i]];
    if (b->ids[count] >= 0) count++;
  }
  if (count < length) IG_TRY(tell_lost_bytes(b, word, length, err));
  IG_TRY(ig_merges_apply(&t->merges, &b->merging, b->ids, NULL, &count, err));
  for (size_t i = 0; i < count; i++) IG_TRY(ig_ids_append(b->encoding->ids, b->ids[i], err));
  if (b->encoding->notes && !is_blank(word, length)) b->encoding->notes->known += count;
  return IG_OK;
}

static ig_status encode_words(byte_word_encoder *b, const char *text, size_t length,
                              ig_error *err) {
  ig_status status = IG_OK;
  for (size_t at = 0, step; status == IG_OK && at < length; at += step) {
    step = ig_byte_words_first(text + at, length - at);
    status = encode_word(b, text + at, step, err);
  }
  return status;
}

// The space before the text may change how its first word is cut, so that the text is copied.
static ig_status encode_after_space(byte_word_encoder *b, const char *text, size_t length,
                                    ig_error *err) {
  char *copy = ig_allocate(length + 1, 1, err);
  if (!copy) return IG_ERROR_MEMORY;
  *copy = ' ';
  memcpy(copy + 1, text, length);
  b->spaced = copy;
  const ig_status status = encode_words(b, copy, length + 1, err);
  free(copy);
  return status;
}

static ig_status encode_part(const ig_tokenizer_encoding *e, const char *text, size_t length,
                             ig_error *err) {
  byte_word_encoder b = {.encoding = e, .text = text};
  const bool needs_space = e->tokenizer->add_prefix_space && *text != ' ';
  const ig_status status =
      needs_space ? encode_after_space(&b, text, length, err) : encode_words(&b, text, length, err);
  ig_merges_free_work(&b.merging);
  ig_piece_merges_free_work(&b.symbol_merging);
  ig_mapped_text_free(&b.symbols);
  free(b.parts.list);
  free(b.ids);
  return status;
}

static ig_status encode_byte_level(const ig_tokenizer_encoding *e, const char *text, size_t length,
                                   ig_error *err) {
  IG_TRY(ig_tokenizer_functions_refuse_sampling(e, err));
  return ig_tokenizer_encoding_match(e, text, length, encode_part, err);
}

// ---- ids to text ------------------------------------------------------------

// Writes the bytes that the piece's characters are symbols of, or the piece itself where one of
// them is no symbol. Returns how many; no more than the piece has.
static size_t write_bytes(const char *piece, char *to) {
  const size_t length = strlen(piece);
  size_t count = 0;
  for (size_t i = 0, step; i < length; i += step) {
    const int byte = ig_byte_symbols_byte(ig_utf8_decode(piece + i, &step));
    if (byte < 0) {
      memcpy(to, piece, length);
      return length;
    }
    to[count++] = (char)byte;
  }
  return count;
}

// Each maximal subpart that is no UTF-8 becomes U+FFFD; a NUL, which ends a text in C, a space.
static ig_status repair_text(char **text, size_t length, ig_error *err) {
  ig_text_repair repair = {.where = ""};
  const char *line = *text;
  ig_status status = ig_text_repair_line(&repair, 1, &line, &length, err);
  if (status == IG_OK && line != *text) {
    char *copy = ig_allocate_copy(line, length, err);
    if (!copy) status = IG_ERROR_MEMORY;
    free(*text);
    *text = copy;
  }
  ig_text_repair_free(&repair);
  return status;
}

static ig_status decode_byte_level(const ig_tokenizer *t, const char *const *pieces, size_t count,
                                   char **out, ig_error *err) {
  (void)t;
  size_t length = 0;
  char *text = ig_tokenizer_functions_allocate_text(pieces, count, err);
  if (!text) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) length += write_bytes(pieces[i], text + length);
  const ig_status status = repair_text(&text, length, err);
  if (status != IG_OK) {
    free(text);
    text = NULL;
  }
  *out = text;
  return status;
}

const ig_tokenizer_functions ig_tokenizer_functions_byte_level = {
    .read_config = read_byte_level_config,
    .load = load_byte_level,
    .encode = encode_byte_level,
    .decode = decode_byte_level,
    .save = save_byte_level,
    .make_config = make_byte_level_config,
};
