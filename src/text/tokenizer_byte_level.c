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
#include "text/tokenizer_from_json.h"
#include "text/tokenizer_functions.h"
#include "text/utf8.h"

// ---- files ------------------------------------------------------------------

static ig_status read_byte_level_config(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  IG_TRY(ig_tokenizer_functions_refuse_two_vocabularies(t, config, err));
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

// The library that transformers uses looks for single words by a table of its own, which no model
// of these families has needed.
static ig_status refuse_single_words(const ig_tokenizer *t, const char *where, ig_error *err) {
  for (size_t i = 0; i < t->added.count; i++)
    if (t->added.list[i].single_word)
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s: the added token '%.100s' is a single_word, which %s does not have here",
                     where, t->added.list[i].text, t->description->class_names[0]);
  return IG_OK;
}

static ig_status load_byte_level(ig_tokenizer *t, const char *directory, ig_error *err) {
  IG_TRY(refuse_single_words(t, directory, err));
  t->added.is_space = ig_byte_words_is_space;
  const ig_tokenizer_files *files = &t->description->files;
  if (ig_tokenizer_from_json_is_meant(directory, files->vocabulary, files->merges)) {
    IG_TRY(ig_tokenizer_from_json_load(t, directory, err));
    IG_TRY(refuse_single_words(t, directory, err));
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
  return json_pack("{s:b, s:i, s:s}", "add_prefix_space", t->add_prefix_space, "model_max_length",
                   t->model_max_length, "tokenizer_class", t->description->class_names[0]);
}

// ---- text to ids ------------------------------------------------------------

// The ids of one word after another.
typedef struct byte_word_encoder {
  const ig_tokenizer_encoding *encoding;
  ig_merging merging;
  int *ids;
  size_t capacity;
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

static ig_status encode_word(byte_word_encoder *b, const char *word, size_t length, ig_error *err) {
  const ig_tokenizer *t = b->encoding->tokenizer;
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
  const ig_status status = encode_words(b, copy, length + 1, err);
  free(copy);
  return status;
}

static ig_status encode_part(const ig_tokenizer_encoding *e, const char *text, size_t length,
                             ig_error *err) {
  byte_word_encoder b = {.encoding = e};
  const bool needs_space = e->tokenizer->add_prefix_space && *text != ' ';
  const ig_status status =
      needs_space ? encode_after_space(&b, text, length, err) : encode_words(&b, text, length, err);
  ig_merges_free_work(&b.merging);
  free(b.ids);
  return status;
}

static ig_status encode_byte_level(const ig_tokenizer_encoding *e, const char *text, size_t length,
                                   ig_error *err) {
  IG_TRY(ig_tokenizer_functions_refuse_sampling(e, err));
  return ig_tokenizer_encoding_cut(e, text, length, encode_part, err);
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
