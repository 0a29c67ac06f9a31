// The tables of the kinds, and what several kinds share.
#include "text/tokenizer_functions.h"

#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"

// A bound on what a damaged file can make us allocate.
enum { MOST_SPECIAL_PIECES = 100000 };

const ig_tokenizer_functions *ig_tokenizer_functions_of(const ig_tokenizer *t) {
  static const ig_tokenizer_functions *const tables[] = {
      [IG_TOKENIZER_PIECES] = &ig_tokenizer_functions_pieces,
      [IG_TOKENIZER_WORDS] = &ig_tokenizer_functions_words,
      [IG_TOKENIZER_SHIFTED] = &ig_tokenizer_functions_shifted,
      [IG_TOKENIZER_BYTE_LEVEL] = &ig_tokenizer_functions_byte_level,
      [IG_TOKENIZER_BYTES] = &ig_tokenizer_functions_bytes,
      [IG_TOKENIZER_STEPS] = &ig_tokenizer_functions_steps,
      [IG_TOKENIZER_WORD_PIECES] = &ig_tokenizer_functions_word_pieces,
  };
  return tables[t->description->kind];
}

// ---- vocabularies -----------------------------------------------------------

static ig_status load_vocabulary(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  const json_t *made = ig_tokenizer_parts_made_file(t, ig_path_base_name(path));
  return made ? ig_vocabulary_take(&t->vocabularies[side], made, path, err)
              : ig_vocabulary_load(&t->vocabularies[side], path, err);
}

static ig_status save_vocabulary(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  return ig_vocabulary_save(&t->vocabularies[side], path, err);
}

static ig_status on_vocabularies(ig_tokenizer *t, const char *directory,
                                 ig_tokenizer_file_action action, ig_error *err) {
  const ig_tokenizer_files *files = &t->description->files;
  IG_TRY(ig_tokenizer_parts_on_file(t, 0, directory, files->vocabulary, action, err));
  if (t->shared) return IG_OK;
  return ig_tokenizer_parts_on_file(t, 1, directory, files->target_vocabulary, action, err);
}

ig_status ig_tokenizer_functions_load_vocabularies(ig_tokenizer *t, const char *directory,
                                                   ig_error *err) {
  return on_vocabularies(t, directory, load_vocabulary, err);
}

ig_status ig_tokenizer_functions_save_vocabularies(ig_tokenizer *t, const char *directory,
                                                   ig_error *err) {
  return on_vocabularies(t, directory, save_vocabulary, err);
}

const char *const *ig_tokenizer_functions_language_keys(const ig_tokenizer *t) {
  static const char *const usual[] = {"source_lang", "target_lang"}, *const listed[] = {"src_lang",
                                                                                        "tgt_lang"};
  return t->description->languages ? listed : usual;
}

json_t *ig_tokenizer_functions_make_config(const ig_tokenizer *t) {
  const char *const *keys = ig_tokenizer_functions_language_keys(t);
  return json_pack("{s:s?, s:s?, s:i, s:s, s:b}", keys[0], t->source_lang, keys[1], t->target_lang,
                   "model_max_length", t->model_max_length, "tokenizer_class",
                   t->description->class_names[0], "separate_vocabs", t->shared ? 0 : 1);
}

// ---- special tokens ---------------------------------------------------------

ig_status ig_tokenizer_functions_add_pad(ig_tokenizer *t, const char *where, ig_error *err) {
  int sides = t->shared ? 1 : 2, id = 0;
  const char *pad = t->special_text[IG_TOKENIZER_SPECIAL_PAD];
  size_t length = t->special_length[IG_TOKENIZER_SPECIAL_PAD];
  for (int i = 0; i < sides; ++i) {
    int found = ig_vocabulary_find(&t->vocabularies[i], pad, length);
    int wanted = found >= 0 ? found : t->vocabularies[i].size;
    if (wanted > id) id = wanted;
  }
  for (int i = 0; i < sides; ++i) {
    if (ig_vocabulary_find(&t->vocabularies[i], pad, length) >= 0) continue;
    ig_status status = ig_vocabulary_add(&t->vocabularies[i], pad, length, id, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s", where);
  }
  return IG_OK;
}

ig_status ig_tokenizer_functions_name_special(ig_tokenizer *t, ig_tokenizer_special which,
                                              ig_error *err) {
  return ig_tokenizer_parts_set_special(t, which, t->description->special[which], err);
}

ig_status ig_tokenizer_functions_name_all_special(ig_tokenizer *t, ig_error *err) {
  for (int s = 0; s < IG_TOKENIZER_SPECIAL_COUNT; ++s)
    IG_TRY(ig_tokenizer_functions_name_special(t, (ig_tokenizer_special)s, err));
  return IG_OK;
}

ig_status ig_tokenizer_functions_refuse_two_vocabularies(const ig_tokenizer *t,
                                                         ig_json_object config, ig_error *err) {
  if (t->shared) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: separate_vocabs: %s has one vocabulary for both sides", config.where,
                 t->description->class_names[0]);
}

ig_status ig_tokenizer_functions_refuse_sampling(const ig_tokenizer_encoding *e, ig_error *err) {
  if (!e->sampling) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s has no samples of segmentations: leave the sampling out",
                 e->tokenizer->description->class_names[0]);
}

char *ig_tokenizer_functions_allocate_text(const char *const *pieces, size_t count, ig_error *err) {
  size_t size = 1;
  for (size_t i = 0; i < count; i++) size += strlen(pieces[i]);
  return ig_allocate(size, 1, err);
}

ig_status ig_tokenizer_functions_read_count(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  const ig_special_pieces *pieces = t->description->special_pieces;
  for (; pieces && pieces->text; pieces++) {
    if (!pieces->count_key) continue;
    IG_TRY(ig_json_int(config, pieces->count_key, pieces->count, &t->special_count, err));
    if (t->special_count < 0 || t->special_count > MOST_SPECIAL_PIECES)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected 0 to %d, found %d", config.where,
                     pieces->count_key, MOST_SPECIAL_PIECES, t->special_count);
  }
  return IG_OK;
}

json_t *ig_tokenizer_functions_add_count(const ig_tokenizer *t, json_t *config) {
  const ig_special_pieces *pieces = t->description->special_pieces;
  for (; config && pieces && pieces->text; pieces++) {
    if (!pieces->count_key) continue;
    json_t *count = json_integer(ig_tokenizer_parts_count(t, pieces));
    if (json_object_set_new(config, pieces->count_key, count) == 0) continue;
    json_decref(config);
    config = NULL;
  }
  return config;
}

ig_status ig_tokenizer_functions_add_special_pieces(ig_tokenizer *t, ig_error *err) {
  const ig_special_pieces *pieces = t->description->special_pieces;
  char text[IG_TOKENIZER_PARTS_TEXT];
  for (; pieces && pieces->text; pieces++) {
    const int first = ig_tokenizer_parts_first_id(t, pieces);
    const int count = ig_tokenizer_parts_count(t, pieces);
    for (int i = 0; i < count; i++) {
      ig_tokenizer_parts_write(t, pieces, i, text);
      IG_TRY(ig_vocabulary_add(&t->vocabularies[0], text, strlen(text), first + i, err));
    }
  }
  return IG_OK;
}

// ---- SentencePiece ----------------------------------------------------------

ig_status ig_tokenizer_functions_load_model(ig_tokenizer *t, int side, const char *path,
                                            ig_error *err) {
  return ig_sentencepiece_load(path, &t->spms[side], err);
}

ig_status ig_tokenizer_functions_save_model(ig_tokenizer *t, int side, const char *path,
                                            ig_error *err) {
  size_t size;
  const void *bytes = ig_sentencepiece_bytes(side == 0 ? t->source.spm : t->target.spm, &size);
  return ig_file_write(path, bytes, size, err);
}

ig_status ig_tokenizer_functions_split(const ig_tokenizer_encoding *e, const char *text,
                                       size_t length, const ig_piece_sink *sink, ig_error *err) {
  if (e->sampling)
    return ig_sentencepiece_sample(e->side->spm, text, length, e->sampling, sink, err);
  return ig_sentencepiece_encode(e->side->spm, text, length, sink, err);
}

// transformers joins with the source model where the vocabulary is shared
// (MarianTokenizer._decode).
ig_status ig_tokenizer_functions_join(const ig_tokenizer *t, const char *const *pieces,
                                      size_t count, char **out, size_t *length, ig_error *err) {
  return ig_sentencepiece_decode(t->shared ? t->source.spm : t->target.spm, pieces, count, out,
                                 length, err);
}
