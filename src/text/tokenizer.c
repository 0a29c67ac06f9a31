// The tokenizer: encoding, sampling, decoding.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/text_repair.h"
#include "text/tokenizer_cleaning.h"
#include "text/tokenizer_functions.h"
#include "text/tokenizer_step_lists.h"
#include "text/utf8.h"

// ---- text to ids ------------------------------------------------------------

size_t ig_tokenizer_code_length(const char *text, size_t length) {
  if (length < 2 || memcmp(text, ">>", 2) != 0) return 0;
  for (size_t i = 2; i + 2 <= length; ++i)
    if (memcmp(text + i, "<<", 2) == 0) return i + 2;
  return 0;
}

size_t ig_tokenizer_late_code(const ig_tokenizer *t, const char *text, size_t length,
                              const char **code) {
  if (ig_tokenizer_functions_of(t) != &ig_tokenizer_functions_pieces || t->description->languages)
    return 0;
  // The text may be anything: only functions that know its length may look at its characters.
  const char *begin = text;
  size_t rest = length;
  ig_utf8_strip_begin(&begin, &rest);
  *code = begin;
  const size_t found = begin > text ? ig_tokenizer_code_length(begin, rest) : 0;
  if (found < 5 || found > IG_LATE_CODE) return 0;
  for (size_t i = 0; i < found; i++)
    if (ig_utf8_space(begin + i, found - i) > 0) return 0;  // a quotation
  return found;
}

static const ig_tokenizer_side *side_of(const ig_tokenizer *t, ig_side side) {
  return side == IG_SIDE_SOURCE ? &t->source : &t->target;
}

// The text itself ends with the eos token, and the kind wants no second one.
static bool ends_already(const ig_tokenizer *t, const ig_tokenizer_encoding *e, size_t before) {
  const ig_ids *ids = e->ids;
  return t->description->ends_once && ids->count > before &&
         ids->ids[ids->count - 1] == e->side->eos_id;
}

// The place of a token that no part of the text has made.
static const ig_source_range nowhere = {0, 0};

// The token of the text's language, before the text or after its end. A target that has none has
// the source's, as in transformers.
static ig_status add_language(const ig_tokenizer *t, const ig_tokenizer_encoding *e, bool at_end,
                              ig_error *err) {
  const ig_tokenizer_languages *l = t->description->languages;
  const bool is_target = e->side == &t->target;
  if (!l || (is_target && l->starts_target) || t->ends_source != at_end) return IG_OK;
  int id = e->language ? e->language : t->language_ids[is_target];
  if (id == 0) id = t->language_ids[0];
  return id == 0 ? IG_OK : ig_tokenizer_encoding_append(e, id, nowhere, err);
}

// A model may lack the row of an added token.
static ig_status add_ends(const ig_tokenizer *t, const ig_tokenizer_encoding *e,
                          const ig_frame_tokens *tokens, ig_error *err) {
  const ig_ids *ids = &tokens->ids;
  for (size_t i = 0; i < ids->count; i++)
    if (ids->ids[i] < t->added.limit)
      IG_TRY(ig_tokenizer_encoding_append(e, ids->ids[i], nowhere, err));
  return IG_OK;
}

static ig_status begin_text(const ig_tokenizer *t, const ig_tokenizer_encoding *e, ig_error *err) {
  if (ig_tokenizer_parts_follows_file(t)) return add_ends(t, e, &t->steps->ends.single.before, err);
  if (t->begin_id >= 0) IG_TRY(ig_tokenizer_encoding_append(e, t->begin_id, nowhere, err));
  return add_language(t, e, false, err);
}

static ig_status end_text(const ig_tokenizer *t, const ig_tokenizer_encoding *e, size_t before,
                          ig_error *err) {
  if (ig_tokenizer_parts_follows_file(t)) return add_ends(t, e, &t->steps->ends.single.after, err);
  if (!ends_already(t, e, before))
    IG_TRY(ig_tokenizer_encoding_append(e, e->side->eos_id, nowhere, err));
  return add_language(t, e, true, err);
}

ig_status ig_tokenizer_encoding_encode(const ig_tokenizer *t, ig_tokenizer_encoding e,
                                       const char *text, size_t length, ig_error *err) {
  IG_TRY(ig_text_repair_refuse(text, length, err));
  const size_t before = e.ids->count;
  e.tokenizer = t;
  e.text = text;
  ig_status status = e.bare ? IG_OK : begin_text(t, &e, err);
  e.first_place = e.places ? e.places->count : 0;
  if (status == IG_OK) status = ig_tokenizer_functions_of(t)->encode(&e, text, length, err);
  if (status == IG_OK && !e.bare) status = end_text(t, &e, before, err);
  if (status != IG_OK) e.ids->count = before;
  return status;
}

ig_status ig_tokenizer_encode_source(const ig_tokenizer *t, const char *text, size_t length,
                                     ig_ids *ids, ig_error *err) {
  return ig_tokenizer_encoding_encode(t, (ig_tokenizer_encoding){.side = &t->source, .ids = ids},
                                      text, length, err);
}

ig_status ig_tokenizer_encode_noted(const ig_tokenizer *t, const ig_side_text *text, ig_ids *ids,
                                    ig_encode_notes *notes, ig_error *err) {
  const char *code;
  *notes = (ig_encode_notes){0};
  const size_t late = ig_tokenizer_late_code(t, text->text, text->length, &code);
  if (late) memcpy(notes->late_code, code, late);
  const ig_tokenizer_encoding e = {
      .side = side_of(t, text->side), .ids = ids, .notes = notes, .language = text->language};
  return ig_tokenizer_encoding_encode(t, e, text->text, text->length, err);
}

ig_status ig_tokenizer_encode_placed(const ig_tokenizer *t, const ig_side_text *text, ig_ids *ids,
                                     ig_source_ranges *places, ig_error *err) {
  const size_t before = places->count;
  const ig_tokenizer_encoding e = {
      .side = side_of(t, text->side), .ids = ids, .language = text->language, .places = places};
  const ig_status status = ig_tokenizer_encoding_encode(t, e, text->text, text->length, err);
  if (status != IG_OK) places->count = before;
  return status;
}

ig_status ig_tokenizer_encode_unknown(const ig_tokenizer *t, const ig_side_text *text, ig_ids *ids,
                                      const ig_piece_sink *sink, ig_error *err) {
  const ig_tokenizer_encoding e = {
      .side = side_of(t, text->side), .ids = ids, .unknown = sink, .language = text->language};
  return ig_tokenizer_encoding_encode(t, e, text->text, text->length, err);
}

ig_status ig_tokenizer_encode_target(const ig_tokenizer *t, const char *text, size_t length,
                                     ig_ids *ids, ig_error *err) {
  return ig_tokenizer_encoding_encode(t, (ig_tokenizer_encoding){.side = &t->target, .ids = ids},
                                      text, length, err);
}

ig_status ig_tokenizer_sample(const ig_tokenizer *t, ig_side side, const char *text,
                              const ig_sentencepiece_sampling *sampling, ig_ids *ids,
                              ig_error *err) {
  return ig_tokenizer_encoding_encode(
      t, (ig_tokenizer_encoding){.side = side_of(t, side), .sampling = sampling, .ids = ids}, text,
      strlen(text), err);
}

// Splits what SentencePiece found unknown into characters.
typedef struct unknown_splitter {
  const ig_tokenizer_side *side;
  const ig_piece_sink *sink;
} unknown_splitter;

// A model's normalization may write anything: what is no UTF-8 is told as U+FFFD. A text of which
// no character is unknown is a piece that the vocabulary lacks.
static ig_status split_unknown(void *context, const char *text, size_t length, int id,
                               ig_error *err) {
  const unknown_splitter *s = context;
  static const char replacement[] = "\xEF\xBF\xBD";
  size_t found = 0;
  if (!ig_utf8_valid(text, length, NULL)) {
    text = replacement;
    length = sizeof replacement - 1;
  }
  const bool whole = !s->side->has_letters || ig_tokenizer_code_length(text, length) == length;
  for (size_t i = 0, step; !whole && i < length; i += step) {
    ig_utf8_decode(text + i, &step);
    if (ig_vocabulary_find(s->side->vocabulary, text + i, step) >= 0) continue;
    ++found;
    IG_TRY(s->sink->piece(s->sink->context, text + i, step, id, err));
  }
  return found ? IG_OK : s->sink->piece(s->sink->context, text, length, id, err);
}

ig_status ig_tokenizer_find_unknown(const ig_tokenizer *t, ig_side side, const char *text,
                                    size_t length, const ig_piece_sink *sink, ig_error *err) {
  const ig_tokenizer_side *s = side_of(t, side);
  unknown_splitter splitter = {s, sink};
  const ig_piece_sink splitting = {.piece = split_unknown, .context = &splitter};
  const bool pieces = ig_tokenizer_parts_has_pieces(t);
  ig_ids ids = {0};
  const ig_status status = ig_tokenizer_encoding_encode(
      t, (ig_tokenizer_encoding){.side = s, .ids = &ids, .unknown = pieces ? &splitting : sink},
      text, length, err);
  ig_ids_free(&ids);
  return status;
}

// ---- ids to text ------------------------------------------------------------

// The text of an id in a translation; NULL: it has none, for it is special or unknown. A token that
// is looked for in normalized text is printed as it is there, as tokenizers 0.23 prints it.
static const char *piece_of(const ig_tokenizer *t, int id) {
  const ig_added_token *added = ig_added_tokens_of(&t->added, id);
  if (added) return added->special ? NULL : added->normal ? added->normal : added->text;
  const char *piece = ig_vocabulary_token(t->target.vocabulary, id);
  const ig_tokenizer_functions *f = ig_tokenizer_functions_of(t);
  return piece || !f->find_piece ? piece : f->find_piece(t, id);
}

size_t ig_tokenizer_count_lost(const ig_tokenizer *t, const int *ids, size_t count) {
  size_t lost = 0;
  for (size_t i = 0; i < count; i++) {
    const ig_added_token *added = ig_added_tokens_of(&t->added, ids[i]);
    if (ids[i] == t->target.unk_id || (!added && !piece_of(t, ids[i]))) lost++;
  }
  return lost;
}

ig_status ig_tokenizer_decode(const ig_tokenizer *t, const int *ids, size_t count, char **out,
                              ig_error *err) {
  return ig_tokenizer_decode_copying(t, ids, count, NULL, out, err);
}

ig_status ig_tokenizer_decode_copying(const ig_tokenizer *t, const int *ids, size_t count,
                                      const char *const *copies, char **out, ig_error *err) {
  *out = NULL;
  const char **pieces = ig_allocate(count, sizeof *pieces, err);
  if (!pieces) return IG_ERROR_MEMORY;
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    const char *piece = copies && copies[i] ? copies[i] : piece_of(t, ids[i]);
    if (piece) pieces[kept++] = piece;
  }
  ig_status status = ig_tokenizer_functions_of(t)->decode(t, pieces, kept, out, err);
  free(pieces);
  const bool merged = t->merges.count > 0;
  if (status == IG_OK && t->cleans_up && (!merged || t->cleans_merged))
    ig_tokenizer_cleaning_apply(*out);
  return status;
}

// ---- questions --------------------------------------------------------------

static int size_of(const ig_tokenizer *t, const ig_tokenizer_side *side) {
  const int added = ig_added_tokens_size(&t->added);
  return added > side->vocabulary->size ? added : side->vocabulary->size;
}

size_t ig_tokenizer_limit(ig_tokenizer *t, int limit, char *names, size_t size) {
  t->added.limit = limit;
  return ig_added_tokens_list_beyond(&t->added, names, size);
}

int ig_tokenizer_source_size(const ig_tokenizer *t) { return size_of(t, &t->source); }
int ig_tokenizer_target_size(const ig_tokenizer *t) { return size_of(t, &t->target); }
bool ig_tokenizer_shared(const ig_tokenizer *t) { return t->shared; }
int ig_tokenizer_pad_id(const ig_tokenizer *t, ig_side side) { return side_of(t, side)->pad_id; }
int ig_tokenizer_eos_id(const ig_tokenizer *t, ig_side side) { return side_of(t, side)->eos_id; }
int ig_tokenizer_unk_id(const ig_tokenizer *t, ig_side side) { return side_of(t, side)->unk_id; }
// Its name is in the files, or in the description; the tokenizers of CamemBERT have it there alone.
int ig_tokenizer_mask_id(const ig_tokenizer *t) {
  const char *named = json_string_value(json_object_get(t->named, "mask_token"));
  const char *const texts[] = {named, "[MASK]", "<mask>"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (!texts[i]) continue;
    const int id = ig_vocabulary_find(t->source.vocabulary, texts[i], strlen(texts[i]));
    if (id >= 0 && (texts[i] == named || ig_tokenizer_is_special(t, IG_SIDE_SOURCE, id))) return id;
    for (size_t k = 0; k < t->added.count; k++)
      if (strcmp(t->added.list[k].text, texts[i]) == 0 && t->added.list[k].special)
        return t->added.list[k].id;
  }
  return -1;
}

const char *ig_tokenizer_piece(const ig_tokenizer *t, ig_side side, int id) {
  const ig_added_token *added = ig_added_tokens_of(&t->added, id);
  return added ? added->text : ig_vocabulary_token(side_of(t, side)->vocabulary, id);
}

const char *ig_tokenizer_piece_of_id(const ig_tokenizer *t, ig_side side, int id) {
  const ig_tokenizer_functions *f = ig_tokenizer_functions_of(t);
  const char *piece = ig_tokenizer_piece(t, side, id);
  if (!piece && f->find_piece) piece = f->find_piece(t, id);
  return piece ? piece : "";
}

bool ig_tokenizer_is_special(const ig_tokenizer *t, ig_side side, int id) {
  const ig_tokenizer_side *s = side_of(t, side);
  const ig_added_token *added = ig_added_tokens_of(&t->added, id);
  if (id == s->unk_id) return false;
  return (added && added->special) || id == s->eos_id || id == s->pad_id || id == t->begin_id;
}

const char *ig_tokenizer_source_language(const ig_tokenizer *t) {
  return t->source_lang && *t->source_lang ? t->source_lang : NULL;
}
const char *ig_tokenizer_target_language(const ig_tokenizer *t) {
  return t->target_lang && *t->target_lang ? t->target_lang : NULL;
}
const ig_tokenizer_languages *ig_tokenizer_languages_of(const ig_tokenizer *t) {
  return t->description->languages;
}

ig_status ig_tokenizer_find_language(const ig_tokenizer *t, const char *code, int *id,
                                     ig_error *err) {
  return ig_tokenizer_parts_find_language(t, code, id, err);
}

static ig_status set_language(char **language, const char *code, ig_error *err) {
  if (!code) return IG_OK;
  char *copy = ig_allocate_copy(code, strlen(code), err);
  if (!copy) return IG_ERROR_MEMORY;
  free(*language);
  *language = copy;
  return IG_OK;
}

ig_status ig_tokenizer_set_languages(ig_tokenizer *t, const char *source, const char *target,
                                     ig_error *err) {
  IG_TRY(set_language(&t->source_lang, source, err));
  return set_language(&t->target_lang, target, err);
}
ig_tokenizer_kind ig_tokenizer_kind_of(const ig_tokenizer *t) { return t->description->kind; }
