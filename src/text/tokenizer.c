// The tokenizer: encoding, sampling, decoding.
//
// Pieces that a JSON vocabulary maps follow transformers 5.23, models/marian/tokenization_marian.py
// and tokenization_python.py: text is cut at special and added tokens, a leading >>code<< of a part
// is one token, SentencePiece splits the rest, pieces (not SentencePiece's ids) go through
// vocab.json.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/text_repair.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"
#include "text/whitespace.h"

// ---- text to ids ------------------------------------------------------------

typedef struct encoding {
  const ig_tokenizer_side *side;
  const ig_added_tokens *added;
  const ig_sentencepiece_sampling *sampling;  // NULL: the best segmentation
  ig_ids *ids;
  bool shifted;                  // IG_TOKENIZER_SHIFTED
  const ig_piece_sink *unknown;  // NULL: nobody wants to know
  ig_encode_notes *notes;        // NULL: nobody wants them
} encoding;

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

static void note_piece(const encoding *e, const char *piece, size_t length, bool known) {
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
static int find_id(const encoding *e, const char *token, size_t length) {
  const int id = ig_added_tokens_find(e->added, token, length);
  return id >= 0 ? id : ig_vocabulary_find(e->side->vocabulary, token, length);
}

// The text has become <unk>.
static ig_status add_unknown(const encoding *e, const char *text, size_t length, ig_error *err) {
  if (e->unknown)
    IG_TRY(e->unknown->piece(e->unknown->context, text, length, e->side->unk_id, err));
  return ig_ids_append(e->ids, e->side->unk_id, err);
}

static ig_status add_token(const encoding *e, const char *token, size_t length, ig_error *err) {
  const int id = find_id(e, token, length);
  note_piece(e, token, length, id >= 0 && id != e->side->unk_id);
  return id >= 0 ? ig_ids_append(e->ids, id, err) : add_unknown(e, token, length, err);
}

static ig_status add_code(const encoding *e, const char *code, size_t length, ig_error *err) {
  const int id = find_id(e, code, length);
  if (id >= 0) return ig_ids_append(e->ids, id, err);
  if (e->notes) keep_name(e->notes->unknown_code, sizeof e->notes->unknown_code, code, length);
  return add_unknown(e, code, length, err);
}

// SentencePiece gives an unknown piece as the text it has found. Its ids, moved up, are not used:
// the table of special pieces may give a piece another id.
static ig_status add_piece(void *context, const char *piece, size_t length, int id, ig_error *err) {
  const encoding *e = context;
  if (e->shifted && id == ig_sentencepiece_unk_id(e->side->spm)) {
    note_piece(e, piece, length, false);
    return add_unknown(e, piece, length, err);
  }
  return add_token(e, piece, length, err);
}

size_t ig_tokenizer_code_length(const char *text, size_t length) {
  if (length < 2 || memcmp(text, ">>", 2) != 0) return 0;
  for (size_t i = 2; i + 2 <= length; ++i)
    if (memcmp(text + i, "<<", 2) == 0) return i + 2;
  return 0;
}

static ig_status encode_part(encoding *e, const char *text, size_t length, ig_error *err) {
  const size_t code = e->shifted ? 0 : ig_tokenizer_code_length(text, length);
  if (code) IG_TRY(add_code(e, text, code, err));
  text += code;
  length -= code;
  ig_piece_sink sink = {add_piece, e};
  if (e->sampling)
    return ig_sentencepiece_sample(e->side->spm, text, length, e->sampling, &sink, err);
  return ig_sentencepiece_encode(e->side->spm, text, length, &sink, err);
}

static ig_status add_added(const encoding *e, const ig_added_token *token, ig_error *err) {
  const bool is_code = ig_tokenizer_code_length(token->text, token->length) == token->length;
  if (e->notes && !token->special && !is_code) e->notes->known++;
  return ig_ids_append(e->ids, token->id, err);
}

static ig_status encode_pieces(encoding *e, const char *text, size_t length, ig_error *err) {
  ig_added_part *parts;
  size_t count;
  ig_status status = ig_added_tokens_cut(e->added, text, length, &parts, &count, err);
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    const ig_added_part *part = &parts[i];
    if (part->token)
      status = add_added(e, part->token, err);
    else if (part->begin < part->end)
      status = encode_part(e, text + part->begin, part->end - part->begin, err);
  }
  free(parts);
  return status;
}

static ig_status add_word(void *context, const char *token, size_t length, ig_error *err) {
  return add_token(context, token, length, err);
}

static const ig_tokenizer_side *side_of(const ig_tokenizer *t, ig_side side) {
  return side == IG_SIDE_SOURCE ? &t->source : &t->target;
}

static ig_status encode(const ig_tokenizer *t, encoding e, const char *text, size_t length,
                        ig_error *err) {
  IG_TRY(ig_text_repair_refuse(text, length, err));
  const size_t before = e.ids->count;
  e.added = &t->added;
  e.shifted = t->description->kind == IG_TOKENIZER_SHIFTED;
  ig_status status = t->description->kind == IG_TOKENIZER_WORDS
                         ? ig_whitespace_split(text, length, add_word, &e, err)
                         : encode_pieces(&e, text, length, err);
  if (status == IG_OK) status = ig_ids_append(e.ids, e.side->eos_id, err);
  if (status != IG_OK) e.ids->count = before;
  return status;
}

ig_status ig_tokenizer_encode_source(const ig_tokenizer *t, const char *text, size_t length,
                                     ig_ids *ids, ig_error *err) {
  return encode(t, (encoding){.side = &t->source, .ids = ids}, text, length, err);
}

ig_status ig_tokenizer_encode_noted(const ig_tokenizer *t, const ig_side_text *text, ig_ids *ids,
                                    ig_encode_notes *notes, ig_error *err) {
  *notes = (ig_encode_notes){0};
  const encoding e = {.side = side_of(t, text->side), .ids = ids, .notes = notes};
  return encode(t, e, text->text, text->length, err);
}

ig_status ig_tokenizer_encode_target(const ig_tokenizer *t, const char *text, size_t length,
                                     ig_ids *ids, ig_error *err) {
  return encode(t, (encoding){.side = &t->target, .ids = ids}, text, length, err);
}

ig_status ig_tokenizer_sample(const ig_tokenizer *t, ig_side side, const char *text,
                              const ig_sentencepiece_sampling *sampling, ig_ids *ids,
                              ig_error *err) {
  return encode(t, (encoding){.side = side_of(t, side), .sampling = sampling, .ids = ids}, text,
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
  const ig_piece_sink splitting = {split_unknown, &splitter};
  ig_ids ids = {0};
  const ig_status status =
      encode(t, (encoding){.side = s, .ids = &ids, .unknown = s->spm ? &splitting : sink}, text,
             length, err);
  ig_ids_free(&ids);
  return status;
}

// ---- ids to text ------------------------------------------------------------

// U+2581 becomes a space, then both ends are stripped: in place.
static void finish_text(char *text, size_t length) {
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
  // transformers joins with the source model where the vocabulary is shared
  // (MarianTokenizer._decode).
  IG_TRY(ig_sentencepiece_decode(t->shared ? t->source.spm : t->target.spm, pieces, count, out,
                                 &length, err));
  if (t->description->kind == IG_TOKENIZER_PIECES) finish_text(*out, length);
  return IG_OK;
}

static ig_status join_words(const char *const *words, size_t count, char **out, ig_error *err) {
  size_t size = 1;
  for (size_t i = 0; i < count; ++i) size += strlen(words[i]) + 1;
  char *to = *out = ig_allocate(size, 1, err);
  if (!to) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; ++i) {
    size_t length = strlen(words[i]);
    if (i) *to++ = ' ';
    memcpy(to, words[i], length);
    to += length;
  }
  return IG_OK;
}

// The token of an id that vocab.json lacks: transformers falls back to the SentencePiece model.
static const char *fallback_piece(const ig_tokenizer *t, int id) {
  if (t->description->kind != IG_TOKENIZER_PIECES) return NULL;
  return ig_sentencepiece_piece(t->shared ? t->source.spm : t->target.spm, id);
}

// The text of an id in a translation; NULL: it has none, for it is special or unknown.
static const char *piece_of(const ig_tokenizer *t, int id) {
  const ig_added_token *added = ig_added_tokens_of(&t->added, id);
  if (added) return added->special ? NULL : added->text;
  const char *piece = ig_vocabulary_token(t->target.vocabulary, id);
  return piece ? piece : fallback_piece(t, id);
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
  *out = NULL;
  const char **pieces = ig_allocate(count, sizeof *pieces, err);
  if (!pieces) return IG_ERROR_MEMORY;
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    const char *piece = piece_of(t, ids[i]);
    if (piece) pieces[kept++] = piece;
  }
  ig_status status = t->description->kind == IG_TOKENIZER_WORDS
                         ? join_words(pieces, kept, out, err)
                         : decode_pieces(t, pieces, kept, out, err);
  free(pieces);
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
const char *ig_tokenizer_piece(const ig_tokenizer *t, ig_side side, int id) {
  const ig_added_token *added = ig_added_tokens_of(&t->added, id);
  return added ? added->text : ig_vocabulary_token(side_of(t, side)->vocabulary, id);
}
const char *ig_tokenizer_source_language(const ig_tokenizer *t) {
  return t->source_lang && *t->source_lang ? t->source_lang : NULL;
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
