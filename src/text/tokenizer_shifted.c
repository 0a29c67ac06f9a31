// Tokenizers whose ids are those of a SentencePiece model, moved up, as transformers 5.23 and
// tokenizers 0.23 have them: text is cut at special and added tokens, prepared, cut into words, and
// each word into pieces by the unigram model or by merges.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/piece_merges.h"
#include "text/piece_model.h"
#include "text/piece_preparation.h"
#include "text/tokenizer_from_json.h"
#include "text/tokenizer_functions.h"
#include "text/tokenizer_step_lists.h"

// ---- the vocabulary ---------------------------------------------------------

// Pieces that the model was told to keep whole are cut out of a text before all else; they print,
// but those that only control.
static ig_status add_kept_piece(ig_tokenizer *t, const char *text, int id, ig_piece_type type,
                                ig_error *err) {
  if (type != IG_PIECE_TYPE_CONTROL && type != IG_PIECE_TYPE_USER_DEFINED) return IG_OK;
  return ig_added_tokens_add(
      &t->added,
      &(ig_added_token){.text = (char *)text, .id = id, .special = type == IG_PIECE_TYPE_CONTROL},
      err);
}

static ig_status add_model_pieces(ig_tokenizer *t, const ig_piece_model *model, ig_error *err) {
  ig_vocabulary *v = &t->vocabularies[0];
  for (size_t i = 0; i < model->count; i++) {
    const ig_model_piece *piece = &model->pieces[i];
    int id = ig_vocabulary_find(v, piece->text, piece->length);
    if (id < 0) {
      id = (int)i + t->description->shift;
      IG_TRY(ig_vocabulary_add(v, piece->text, piece->length, id, err));
    }
    IG_TRY(add_kept_piece(t, ig_vocabulary_token(v, id), id, piece->type, err));
  }
  return IG_OK;
}

// A table that leaves a gap, or a model of another kind, would give every sentence wrong ids.
static ig_status check_gaps(const ig_tokenizer *t, ig_error *err) {
  const ig_vocabulary *v = &t->vocabularies[0];
  for (int id = 0; id < v->size; id++)
    if (!ig_vocabulary_token(v, id))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "no piece has the id %d: special pieces and SentencePiece's ids, moved up by "
                     "%d, leave a gap",
                     id, t->description->shift);
  return IG_OK;
}

// ---- the model --------------------------------------------------------------

static void set_scores(const ig_tokenizer *t, const ig_piece_model *model,
                       ig_unigram_piece *pieces) {
  const ig_special_pieces *table = t->description->special_pieces;
  for (size_t i = 0; i < model->count; i++) {
    const ig_model_piece *piece = &model->pieces[i];
    const int id = ig_vocabulary_find(&t->vocabularies[0], piece->text, piece->length);
    pieces[id].score = (double)piece->score;
  }
  for (; table && table->text; table++) {
    const int first = ig_tokenizer_parts_first_id(t, table);
    const int count = ig_tokenizer_parts_count(t, table);
    for (int k = 0; k < count; k++) pieces[first + k].score = (double)table->score;
  }
}

static ig_status make_unigram(ig_tokenizer *t, const ig_piece_model *model, ig_error *err) {
  const ig_vocabulary *v = &t->vocabularies[0];
  const char *unknown = t->special_text[IG_TOKENIZER_SPECIAL_UNK];
  ig_unigram_piece *pieces = ig_allocate((size_t)v->size, sizeof *pieces, err);
  if (!pieces) return IG_ERROR_MEMORY;
  for (int id = 0; id < v->size; id++)
    pieces[id] = (ig_unigram_piece){.text = ig_vocabulary_token(v, id), .id = id};
  set_scores(t, model, pieces);
  const int unknown_id = ig_vocabulary_find(v, unknown, strlen(unknown));
  const ig_status status = ig_unigram_make(&t->unigram, pieces, (size_t)v->size, unknown_id, err);
  free(pieces);
  return status;
}

static ig_status make_cutting(ig_tokenizer *t, const ig_piece_model *model, const char *where,
                              ig_error *err) {
  if (t->description->preparation.normalizes)
    IG_TRY(ig_charsmap_read(&t->charsmap, model->charsmap, model->charsmap_size, where, err));
  return model->is_bpe ? ig_piece_merges_make(&t->merges, &t->vocabularies[0], err)
                       : make_unigram(t, model, err);
}

static ig_status make_from_model(ig_tokenizer *t, const ig_piece_model *model, const char *where,
                                 ig_error *err) {
  ig_status status = ig_tokenizer_functions_add_special_pieces(t, err);
  if (status == IG_OK) status = add_model_pieces(t, model, err);
  if (status == IG_OK) status = check_gaps(t, err);
  if (status == IG_OK) status = make_cutting(t, model, where, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", where);
}

static ig_status make_vocabulary(ig_tokenizer *t, const char *where, ig_error *err) {
  ig_piece_model model = {0};
  size_t size;
  const void *bytes = ig_sentencepiece_bytes(t->spms[0], &size);
  ig_status status = ig_piece_model_read(&model, bytes, size, where, err);
  if (status == IG_OK) status = make_from_model(t, &model, where, err);
  ig_piece_model_free(&model);
  return status;
}

// ---- files ------------------------------------------------------------------

// As steps of a tokenizer.json.
#define REPLACED(quote)                                        \
  "{\"type\": \"Replace\", \"pattern\": {\"String\": \"" quote \
  "\"}, "                                                      \
  "\"content\": \"\\\"\"}"
static const char quotes[] =
    "{\"type\": \"Sequence\", \"normalizers\": [" REPLACED("``") ", " REPLACED("''") "]}";
static const char accents[] =
    "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFKD\"}, {\"type\": "
    "\"StripAccents\"}]}";
static const char capitals[] = "{\"type\": \"Lowercase\"}";

static ig_status add_folding(ig_tokenizer *t, const char *step, ig_error *err) {
  json_t *root;
  IG_TRY(ig_json_parse(step, strlen(step), "folding", &root, err));
  const ig_status status = ig_normal_steps_read(&t->steps->normal, root, "folding", err);
  json_decref(root);
  return status;
}

static ig_status read_folding(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  if (!t->description->preparation.folds) return IG_OK;
  t->steps = ig_allocate(1, sizeof *t->steps, err);
  if (!t->steps) return IG_ERROR_MEMORY;
  IG_TRY(ig_json_bool(config, "do_lower_case", true, &t->lowers, err));
  IG_TRY(ig_json_bool(config, "keep_accents", false, &t->keeps_accents, err));
  IG_TRY(add_folding(t, quotes, err));
  if (!t->keeps_accents) IG_TRY(add_folding(t, accents, err));
  return t->lowers ? add_folding(t, capitals, err) : IG_OK;
}

static ig_status read_shifted_config(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  const ig_tokenizer_description *d = t->description;
  int shift = d->shift;
  if (d->shift_key) IG_TRY(ig_json_int(config, d->shift_key, d->shift, &shift, err));
  if (shift != d->shift)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s: expected %d, found %d", config.where,
                   d->shift_key, d->shift, shift);
  IG_TRY(ig_tokenizer_functions_refuse_two_vocabularies(t, config, err));
  IG_TRY(read_folding(t, config, err));
  return ig_tokenizer_functions_read_count(t, config, err);
}

static ig_status load_shifted(ig_tokenizer *t, const char *directory, ig_error *err) {
  if (ig_tokenizer_from_json_is_meant(directory, t->description->files.source_model, NULL))
    return ig_tokenizer_from_json_load(t, directory, err);
  IG_TRY(ig_tokenizer_parts_on_file(t, 0, directory, t->description->files.source_model,
                                    ig_tokenizer_functions_load_model, err));
  return make_vocabulary(t, directory, err);
}

static ig_status save_shifted(ig_tokenizer *t, const char *directory, ig_error *err) {
  if (t->json_bytes) return ig_tokenizer_from_json_save(t, directory, err);
  return ig_tokenizer_parts_on_file(t, 0, directory, t->description->files.source_model,
                                    ig_tokenizer_functions_save_model, err);
}

static json_t *make_shifted_config(const ig_tokenizer *t) {
  const ig_tokenizer_description *d = t->description;
  const char *const *keys = ig_tokenizer_functions_language_keys(t);
  json_t *config = json_pack("{s:i, s:s, s:s*, s:s*}", "model_max_length", t->model_max_length,
                             "tokenizer_class", d->class_names[0], keys[0], t->source_lang, keys[1],
                             t->target_lang);
  if (d->shift_key && json_object_set_new(config, d->shift_key, json_integer(d->shift)) != 0) {
    json_decref(config);
    return NULL;
  }
  if (d->preparation.folds &&
      (json_object_set_new(config, "do_lower_case", json_boolean(t->lowers)) != 0 ||
       json_object_set_new(config, "keep_accents", json_boolean(t->keeps_accents)) != 0)) {
    json_decref(config);
    return NULL;
  }
  const char *order = d->languages ? d->languages->ends_source_key : NULL;
  if (order && json_object_set_new(config, order, json_boolean(t->ends_source)) != 0) {
    json_decref(config);
    return NULL;
  }
  return ig_tokenizer_functions_add_count(t, config);
}

static ig_status take_shifted(ig_tokenizer *t, const char *source_model, const char *target_model,
                              ig_error *err) {
  if (target_model)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s has one SentencePiece model for both sides",
                   target_model, t->description->class_names[0]);
  IG_TRY(ig_tokenizer_functions_name_all_special(t, err));
  IG_TRY(ig_sentencepiece_load(source_model, &t->spms[0], err));
  return make_vocabulary(t, source_model, err);
}

// ---- text to ids ------------------------------------------------------------

// The pieces of one word after another.
typedef struct piece_word_encoder {
  const ig_tokenizer_encoding *encoding;
  ig_unigram_work unigram_work;
  ig_piece_merges merges;
  ig_piece_merging merging;
  ig_unigram_parts parts;
} piece_word_encoder;

// Neighbouring unknown characters may be a piece together, which no way through the word has found.
static int id_of_part(const ig_tokenizer *t, const char *text, const ig_unigram_part *part) {
  if (part->id != t->source.unk_id) return part->id;
  const int id = ig_vocabulary_find(t->source.vocabulary, text, part->end - part->begin);
  return id >= 0 ? id : part->id;
}

static ig_status encode_word(void *context, const char *word, const ig_source_range *sources,
                             size_t length, ig_error *err) {
  piece_word_encoder *p = context;
  const ig_tokenizer *t = p->encoding->tokenizer;
  ig_tokenizer_encoding_begin_word(p->encoding);
  if (t->unigram.node_count > 0)
    IG_TRY(ig_unigram_encode(&t->unigram, &p->unigram_work, word, length, &p->parts, err));
  else
    IG_TRY(ig_piece_merges_encode(&p->merges, &p->merging, word, length, &p->parts, err));
  for (size_t i = 0; i < p->parts.count; i++) {
    const ig_unigram_part *part = &p->parts.list[i];
    const char *text = word + part->begin;
    const ig_source_range place = {sources[part->begin].begin, sources[part->end - 1].end};
    IG_TRY(ig_tokenizer_encoding_add_id(p->encoding, id_of_part(t, text, part), text,
                                        part->end - part->begin, place, err));
  }
  return IG_OK;
}

// SentencePiece's own sample of the segmentations.
static ig_status add_sampled(void *context, const char *piece, size_t length, int id,
                             ig_error *err) {
  const ig_tokenizer_encoding *e = context;
  const ig_source_range place = {0, 0};  // nobody asks a sample for places
  if (id == ig_sentencepiece_unk_id(e->side->spm))
    return ig_tokenizer_encoding_add_unknown(e, piece, length, place, err);
  return ig_tokenizer_encoding_add_token(e, piece, length, place, err);
}

static ig_status sample_part(const ig_tokenizer_encoding *e, const char *text, size_t length,
                             ig_error *err) {
  const ig_piece_sink sink = {.piece = add_sampled, .context = (void *)e};
  return ig_tokenizer_functions_split(e, text, length, &sink, err);
}

static ig_status normalize_shifted(const ig_tokenizer *t, ig_mapped_text *text, ig_error *err) {
  if (t->steps) IG_TRY(ig_normal_steps_apply(&t->steps->normal, text, err));
  return ig_piece_preparation_normalize(&t->description->preparation, &t->charsmap, text, err);
}

static ig_status encode_part(const ig_tokenizer_encoding *e, const ig_mapped_text *text,
                             size_t begin, ig_error *err) {
  const ig_tokenizer *t = e->tokenizer;
  (void)begin;
  piece_word_encoder p = {
      .encoding = e,
      .merges = {
          .merges = &t->merges, .vocabulary = e->side->vocabulary, .unknown_id = e->side->unk_id}};
  const ig_piece_preparer preparer = {&t->description->preparation, encode_word, &p};
  const ig_status status = ig_piece_preparation_cut(&preparer, text, err);
  ig_unigram_free_work(&p.unigram_work);
  ig_piece_merges_free_work(&p.merging);
  free(p.parts.list);
  return status;
}

static ig_status encode_shifted(const ig_tokenizer_encoding *e, const char *text, size_t length,
                                ig_error *err) {
  if (!e->side->spm) IG_TRY(ig_tokenizer_functions_refuse_sampling(e, err));
  if (e->sampling) return ig_tokenizer_encoding_match(e, text, length, sample_part, err);
  return ig_tokenizer_encoding_normalize(e, text, length, encode_part, err);
}

// ---- ids to text ------------------------------------------------------------

// U+2581 becomes a space, and of the first piece nothing (decoders' Metaspace).
static size_t write_piece(const char *piece, bool first, char *to) {
  size_t count = 0;
  for (size_t i = 0; piece[i] != '\0';) {
    const bool is_mark = strncmp(piece + i, "\xE2\x96\x81", 3) == 0;
    if (!is_mark)
      to[count++] = piece[i];
    else if (!first)
      to[count++] = ' ';
    i += is_mark ? 3 : 1;
  }
  return count;
}

static ig_status decode_shifted(const ig_tokenizer *t, const char *const *pieces, size_t count,
                                char **out, ig_error *err) {
  (void)t;
  size_t length = 0;
  char *text = *out = ig_tokenizer_functions_allocate_text(pieces, count, err);
  if (!text) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) length += write_piece(pieces[i], i == 0, text + length);
  text[length] = '\0';
  return IG_OK;
}

const ig_tokenizer_functions ig_tokenizer_functions_shifted = {
    .read_config = read_shifted_config,
    .load = load_shifted,
    .take_models = take_shifted,
    .encode = encode_shifted,
    .normalize = normalize_shifted,
    .decode = decode_shifted,
    .save = save_shifted,
    .make_config = make_shifted_config,
};
