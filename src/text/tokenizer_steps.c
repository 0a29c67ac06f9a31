// Tokenizers that do whatever their tokenizer.json says, step by step, as Hugging Face tokenizers
// 0.23 does it: text is cut at added tokens, normalized, cut at those that are looked for in
// normalized text, cut into words, and each word into tokens by the model.
#include "text/tokenizer_step_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/piece_merges.h"
#include "text/tokenizer_from_json.h"
#include "text/tokenizer_functions.h"
#include "text/utf8.h"

// ---- the file ---------------------------------------------------------------

// transformers replaces what the file puts beside a text where one of these is said.
static ig_status read_steps_config(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  static const char *const keys[] = {"add_bos_token", "add_eos_token"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const json_t *value = json_object_get(config.object, keys[i]);
    if (value && !json_is_null(value))
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s: %s: not built for a %s; tokenizer.json says what is put beside a text",
                     config.where, keys[i], t->description->class_names[0]);
  }
  return ig_tokenizer_functions_refuse_two_vocabularies(t, config, err);
}

// The tokens that spell bytes, all of which must be there.
static ig_status find_bytes(ig_tokenizer *t, const char *where, ig_error *err) {
  for (int byte = 0; byte < 256; byte++) {
    char text[8];
    const int length = snprintf(text, sizeof text, "<0x%02X>", (unsigned)byte);
    t->byte_ids[byte] = ig_vocabulary_find(&t->vocabularies[0], text, (size_t)length);
    if (t->byte_ids[byte] < 0)
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s: model: byte_fallback: the vocabulary has no '%s'", where, text);
  }
  return IG_OK;
}

static ig_status make_word_pieces(ig_tokenizer *t, ig_error *err) {
  const ig_tokenizer_json_rules *rules = &t->steps->rules;
  t->word_pieces = (ig_word_pieces){.unknown_id = rules->unknown_id, .longest = rules->longest};
  return ig_word_pieces_make(&t->word_pieces, &t->vocabularies[0], rules->prefix, err);
}

// The model's unknown token is the tokenizer's, whatever other files call so.
static ig_status take_unknown(ig_tokenizer *t, const char *where, ig_error *err) {
  const ig_tokenizer_json_rules *rules = &t->steps->rules;
  if (rules->byte_fallback) IG_TRY(find_bytes(t, where, err));
  const char *text = ig_vocabulary_token(&t->vocabularies[0], rules->unknown_id);
  if (text) return ig_tokenizer_parts_set_special(t, IG_TOKENIZER_SPECIAL_UNK, text, err);
  if (t->unigram.node_count == 0 || rules->byte_fallback) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: model: unk_id: a Unigram without one fails at the first unknown letter",
                 where);
}

static ig_status take_steps(ig_tokenizer *t, const ig_tokenizer_json *json, ig_error *err) {
  struct ig_tokenizer_steps *s = t->steps = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  const json_t *root = json->root;
  const char *where = json->where;
  IG_TRY(ig_normal_steps_read(&s->normal, json_object_get(root, "normalizer"), where, err));
  IG_TRY(ig_cutting_steps_read(&s->cutting, json_object_get(root, "pre_tokenizer"), where, err));
  IG_TRY(ig_joining_steps_read(&s->joining, json_object_get(root, "decoder"), where, err));
  IG_TRY(ig_tokenizer_template_read(&s->ends, json_object_get(root, "post_processor"), where, err));
  t->trims_spaces = s->ends.trims_spaces;
  t->add_prefix_space = s->ends.adds_space;
  IG_TRY(ig_tokenizer_json_model_read(json, t, &s->rules, err));
  if (s->rules.prefix) IG_TRY(make_word_pieces(t, err));
  s->rules.prefix = NULL;
  IG_TRY(take_unknown(t, where, err));
  return ig_tokenizer_json_read_added(json, &t->vocabularies[0], &t->added, err);
}

static ig_status load_steps(ig_tokenizer *t, const char *directory, ig_error *err) {
  return ig_tokenizer_from_json_take(t, directory, take_steps, err);
}

static json_t *make_steps_config(const ig_tokenizer *t) {
  return json_pack("{s:i, s:s}", "model_max_length", t->model_max_length, "tokenizer_class",
                   t->description->class_names[0]);
}

// ---- text to ids ------------------------------------------------------------

typedef struct step_word_encoder {
  const ig_tokenizer_encoding *encoding;
  ig_unigram_work unigram_work;
  ig_piece_merging merging;
  ig_unigram_parts parts;
} step_word_encoder;

static ig_source_range place_of(const ig_source_range *sources, const ig_unigram_part *part) {
  return (ig_source_range){sources[part->begin].begin, sources[part->end - 1].end};
}

// What a unigram model has not found: a piece after all, its bytes, or unknown.
static ig_status add_unfound(const step_word_encoder *w, const char *text, size_t length,
                             ig_source_range place, ig_error *err) {
  const ig_tokenizer_encoding *e = w->encoding;
  const ig_tokenizer *t = e->tokenizer;
  const int id = ig_vocabulary_find(e->side->vocabulary, text, length);
  if (id >= 0) return ig_tokenizer_encoding_add_id(e, id, text, length, place, err);
  if (!t->steps->rules.byte_fallback)
    return ig_tokenizer_encoding_add_unknown(e, text, length, place, err);
  for (size_t i = 0; i < length; i++)
    IG_TRY(ig_tokenizer_encoding_add_id(e, t->byte_ids[(unsigned char)text[i]], text, length, place,
                                        err));
  return IG_OK;
}

static ig_status encode_by_scores(step_word_encoder *w, const char *word,
                                  const ig_source_range *sources, size_t length, ig_error *err) {
  const ig_tokenizer_encoding *e = w->encoding;
  const ig_unigram *u = &e->tokenizer->unigram;
  IG_TRY(ig_unigram_encode(u, &w->unigram_work, word, length, &w->parts, err));
  for (size_t i = 0; i < w->parts.count; i++) {
    const ig_unigram_part *part = &w->parts.list[i];
    const char *text = word + part->begin;
    const size_t size = part->end - part->begin;
    const ig_source_range place = place_of(sources, part);
    IG_TRY(part->id == u->unknown_id
               ? add_unfound(w, text, size, place, err)
               : ig_tokenizer_encoding_add_id(e, part->id, text, size, place, err));
  }
  return IG_OK;
}

// Characters that get no id at all.
static ig_status tell_lost(const step_word_encoder *w, const char *word, size_t length,
                           ig_error *err) {
  const ig_tokenizer_encoding *e = w->encoding;
  const ig_tokenizer_json_rules *rules = &e->tokenizer->steps->rules;
  if (rules->unknown_id >= 0 || rules->byte_fallback) return IG_OK;
  for (size_t i = 0, step; i < length; i += step) {
    step = ig_utf8_step(word + i);
    if (ig_vocabulary_find(e->side->vocabulary, word + i, step) < 0)
      IG_TRY(ig_tokenizer_encoding_tell_lost(e, word + i, step, err));
  }
  return IG_OK;
}

static ig_status encode_by_merges(step_word_encoder *w, const char *word,
                                  const ig_source_range *sources, size_t length, ig_error *err) {
  const ig_tokenizer_encoding *e = w->encoding;
  const ig_tokenizer *t = e->tokenizer;
  const ig_tokenizer_json_rules *rules = &t->steps->rules;
  const ig_piece_merges by = {.merges = &t->merges,
                              .vocabulary = e->side->vocabulary,
                              .unknown_id = rules->unknown_id,
                              .byte_ids = rules->byte_fallback ? t->byte_ids : NULL,
                              .unknown_apart = !rules->fuses_unknown,
                              .whole_first = rules->ignores_merges};
  IG_TRY(tell_lost(w, word, length, err));
  IG_TRY(ig_piece_merges_encode(&by, &w->merging, word, length, &w->parts, err));
  for (size_t i = 0; i < w->parts.count; i++) {
    const ig_unigram_part *part = &w->parts.list[i];
    IG_TRY(ig_tokenizer_encoding_add_id(e, part->id, word + part->begin, part->end - part->begin,
                                        place_of(sources, part), err));
  }
  return IG_OK;
}

static ig_status encode_longest(step_word_encoder *w, const char *word,
                                const ig_source_range *sources, size_t length, ig_error *err) {
  const ig_word_pieces *pieces = &w->encoding->tokenizer->word_pieces;
  IG_TRY(ig_word_pieces_encode(pieces, word, length, &w->parts, err));
  for (size_t i = 0; i < w->parts.count; i++) {
    const ig_unigram_part *part = &w->parts.list[i];
    IG_TRY(ig_tokenizer_encoding_add_id(w->encoding, part->id, word + part->begin,
                                        part->end - part->begin, place_of(sources, part), err));
  }
  return IG_OK;
}

static ig_status encode_word(step_word_encoder *w, const char *word, const ig_source_range *sources,
                             size_t length, ig_error *err) {
  const ig_tokenizer *t = w->encoding->tokenizer;
  ig_tokenizer_encoding_begin_word(w->encoding);
  if (t->word_pieces.tree.node_count > 0) return encode_longest(w, word, sources, length, err);
  return t->unigram.node_count > 0 ? encode_by_scores(w, word, sources, length, err)
                                   : encode_by_merges(w, word, sources, length, err);
}

static ig_status encode_pieces(step_word_encoder *w, const ig_cut_text *cut, ig_error *err) {
  for (size_t i = 0; i < cut->count; i++) {
    const char *word = cut->text.bytes + cut->pieces[i].begin;
    const ig_source_range *sources = cut->text.sources + cut->pieces[i].begin;
    const size_t length = cut->pieces[i].end - cut->pieces[i].begin;
    IG_TRY(encode_word(w, word, sources, length, err));
  }
  return IG_OK;
}

static ig_status encode_part(const ig_tokenizer_encoding *e, const ig_mapped_text *text,
                             size_t begin, ig_error *err) {
  const struct ig_tokenizer_steps *s = e->tokenizer->steps;
  step_word_encoder w = {.encoding = e};
  ig_cut_text cut = {0};
  ig_status status = ig_cutting_steps_apply(&s->cutting, text, begin, &cut, err);
  if (status == IG_OK) status = encode_pieces(&w, &cut, err);
  ig_cutting_steps_free_text(&cut);
  ig_unigram_free_work(&w.unigram_work);
  ig_piece_merges_free_work(&w.merging);
  free(w.parts.list);
  return status;
}

ig_status ig_tokenizer_functions_normalize_steps(const ig_tokenizer *t, ig_mapped_text *text,
                                                 ig_error *err) {
  return ig_normal_steps_apply(&t->steps->normal, text, err);
}

ig_status ig_tokenizer_functions_encode_steps(const ig_tokenizer_encoding *e, const char *text,
                                              size_t length, ig_error *err) {
  IG_TRY(ig_tokenizer_functions_refuse_sampling(e, err));
  return ig_tokenizer_encoding_normalize(e, text, length, encode_part, err);
}

// ---- ids to text ------------------------------------------------------------

ig_status ig_tokenizer_functions_decode_steps(const ig_tokenizer *t, const char *const *pieces,
                                              size_t count, char **out, ig_error *err) {
  return ig_joining_steps_apply(&t->steps->joining, pieces, count, out, err);
}

const ig_tokenizer_functions ig_tokenizer_functions_steps = {
    .read_config = read_steps_config,
    .load = load_steps,
    .encode = ig_tokenizer_functions_encode_steps,
    .normalize = ig_tokenizer_functions_normalize_steps,
    .decode = ig_tokenizer_functions_decode_steps,
    .save = ig_tokenizer_from_json_save,
    .make_config = make_steps_config,
};
