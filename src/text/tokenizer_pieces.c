// Tokenizers whose pieces are SentencePiece's, and whose ids are those of a JSON vocabulary.
//
// They follow transformers 5.23, models/marian/tokenization_marian.py and tokenization_python.py:
// text is cut at special and added tokens, a leading >>code<< of a part is one token, SentencePiece
// splits the rest, pieces (not SentencePiece's ids) go through vocab.json.
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "text/tokenizer_functions.h"
#include "text/utf8.h"

// ---- files ------------------------------------------------------------------

// A directory holds a joint model twice, and half of a small model's start would go into building
// its trie again: it is loaded once.
static ig_status load_target_model(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  size_t size;
  const void *source = ig_sentencepiece_bytes(t->spms[0], &size);
  char *target;
  size_t target_size;
  IG_TRY(ig_file_load(path, &target, &target_size, err));
  const bool same = target_size == size && memcmp(target, source, size) == 0;
  free(target);
  return same ? IG_OK : ig_tokenizer_functions_load_model(t, side, path, err);
}

static ig_status load_pieces(ig_tokenizer *t, const char *directory, ig_error *err) {
  const ig_tokenizer_files *files = &t->description->files;
  IG_TRY(ig_tokenizer_functions_load_vocabularies(t, directory, err));
  IG_TRY(ig_tokenizer_parts_on_file(t, 0, directory, files->source_model,
                                    ig_tokenizer_functions_load_model, err));
  return ig_tokenizer_parts_on_file(t, 1, directory, files->target_model, load_target_model, err);
}

static ig_status save_pieces(ig_tokenizer *t, const char *directory, ig_error *err) {
  const ig_tokenizer_files *files = &t->description->files;
  IG_TRY(ig_tokenizer_parts_on_file(t, 0, directory, files->source_model,
                                    ig_tokenizer_functions_save_model, err));
  IG_TRY(ig_tokenizer_parts_on_file(t, 1, directory, files->target_model,
                                    ig_tokenizer_functions_save_model, err));
  return ig_tokenizer_functions_save_vocabularies(t, directory, err);
}

// ---- new runs ---------------------------------------------------------------

// The ids of the model as they are; eos and unk take the names this model gives them.
static ig_status take_model(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  IG_TRY(ig_sentencepiece_load(path, &t->spms[side], err));
  const ig_sentencepiece *spm = t->spms[side];
  int ids[2] = {ig_sentencepiece_eos_id(spm), ig_sentencepiece_unk_id(spm)};
  for (int i = 0; i < 2; ++i) {
    const char *piece = ig_sentencepiece_piece(spm, ids[i]);
    if (!piece)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: the SentencePiece model has no %s", path,
                     t->description->special[i]);
    if (side == 0) IG_TRY(ig_tokenizer_parts_set_special(t, (ig_tokenizer_special)i, piece, err));
  }
  int size = ig_sentencepiece_size(spm);
  for (int id = 0; id < size; ++id) {
    const char *piece = ig_sentencepiece_piece(spm, id);
    ig_status status = ig_vocabulary_add(&t->vocabularies[side], piece, strlen(piece), id, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s", path);
  }
  return IG_OK;
}

static ig_status take_models(ig_tokenizer *t, const char *source_model, const char *target_model,
                             ig_error *err) {
  IG_TRY(ig_tokenizer_functions_name_special(t, IG_TOKENIZER_SPECIAL_PAD, err));
  IG_TRY(take_model(t, 0, source_model, err));
  if (target_model) IG_TRY(take_model(t, 1, target_model, err));
  return ig_tokenizer_functions_add_pad(t, source_model, err);
}

// ---- text to ids, ids to text -----------------------------------------------

// The pieces of a stretch of text that begins at `begin`, and the place of the next one.
typedef struct piece_receiver {
  const ig_tokenizer_encoding *encoding;
  size_t begin;
  ig_source_range place;
} piece_receiver;

static void take_place(void *context, size_t begin, size_t end) {
  piece_receiver *r = context;
  r->place = (ig_source_range){r->begin + begin, r->begin + end};
}

// SentencePiece gives an unknown piece as the text it has found.
static ig_status add_piece(void *context, const char *piece, size_t length, int id, ig_error *err) {
  const piece_receiver *r = context;
  (void)id;
  return ig_tokenizer_encoding_add_token(r->encoding, piece, length, r->place, err);
}

static ig_status encode_part(const ig_tokenizer_encoding *e, const char *text, size_t length,
                             ig_error *err) {
  const bool has_codes = !e->tokenizer->description->languages;
  const size_t code = has_codes ? ig_tokenizer_code_length(text, length) : 0;
  if (code) IG_TRY(ig_tokenizer_encoding_add_code(e, text, code, err));
  piece_receiver receiver = {.encoding = e,
                             .begin = ig_tokenizer_encoding_place(e, text + code, 0).begin};
  const ig_piece_sink sink = {add_piece, &receiver, e->places ? take_place : NULL};
  return ig_tokenizer_functions_split(e, text + code, length - code, &sink, err);
}

static ig_status encode_pieces(const ig_tokenizer_encoding *e, const char *text, size_t length,
                               ig_error *err) {
  return ig_tokenizer_encoding_cut(e, text, length, encode_part, err);
}

// U+2581 becomes a space, then both ends are stripped: in place.
static void replace_marks(char *text, size_t length) {
  size_t to = 0;
  for (size_t i = 0; i < length;) {
    bool mark = length - i >= 3 && memcmp(text + i, "\xE2\x96\x81", 3) == 0;
    text[to++] = mark ? ' ' : text[i];
    i += mark ? 3 : 1;
  }
  const char *begin = text;
  ig_utf8_strip(&begin, &to);
  memmove(text, begin, to);
  text[to] = '\0';
}

static ig_status decode_pieces(const ig_tokenizer *t, const char *const *pieces, size_t count,
                               char **out, ig_error *err) {
  size_t length;
  IG_TRY(ig_tokenizer_functions_join(t, pieces, count, out, &length, err));
  replace_marks(*out, length);
  return IG_OK;
}

// The token of an id that vocab.json lacks: transformers falls back to the SentencePiece model.
static const char *find_model_piece(const ig_tokenizer *t, int id) {
  return ig_sentencepiece_piece(t->shared ? t->source.spm : t->target.spm, id);
}

const ig_tokenizer_functions ig_tokenizer_functions_pieces = {
    .load = load_pieces,
    .take_models = take_models,
    .encode = encode_pieces,
    .decode = decode_pieces,
    .find_piece = find_model_piece,
    .save = save_pieces,
    .make_config = ig_tokenizer_functions_make_config,
};
