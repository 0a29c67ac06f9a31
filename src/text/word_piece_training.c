#include "text/word_piece_training.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/lines.h"
#include "text/cutting_steps.h"
#include "text/sentencepiece.h"
#include "text/tally.h"
#include "text/utf8.h"
#include "text/word_pieces.h"

#define LETTERS 0x110000u  // code points
#define GOING_ON "##"
#define BEGINNING "\xE2\x96\x81"  // U+2581, by which SentencePiece knows the beginning of a word

enum { OFTEN_ENOUGH = 10 };  // a letter that occurs less often teaches a model nothing

typedef struct counted_letter {
  uint64_t count;
  uint32_t code;
} counted_letter;

typedef struct training {
  const ig_word_piece_training *options;
  ig_word_normalization normalization;
  ig_cutting_steps cutting;
  ig_tally words;
  uint64_t *letters;     // (LETTERS): how often each occurs
  counted_letter *list;  // (distinct): those that occur, by falling count
  size_t distinct;
  bool *kept;  // (LETTERS)
  size_t kept_count;
  ig_vocabulary *vocabulary;
} training;

// ---- words ------------------------------------------------------------------

static ig_status count_words(training *t, const ig_mapped_text *text, ig_error *err) {
  ig_cut_text cut = {0};
  ig_status status = ig_cutting_steps_apply(&t->cutting, text, 0, &cut, err);
  for (size_t i = 0; status == IG_OK && i < cut.count; i++)
    status = ig_tally_add(&t->words, cut.text.bytes + cut.pieces[i].begin,
                          cut.pieces[i].end - cut.pieces[i].begin, 1, err);
  ig_cutting_steps_free_text(&cut);
  return status;
}

static ig_status read_line(training *t, const char *line, size_t length, ig_error *err) {
  ig_mapped_text text = {0}, normal = {0};
  ig_status status = ig_mapped_text_append_source(&text, line, length, 0, err);
  if (status == IG_OK) status = ig_word_normalization_apply(&t->normalization, &text, &normal, err);
  if (status == IG_OK) status = count_words(t, &normal, err);
  ig_mapped_text_free(&text);
  ig_mapped_text_free(&normal);
  return status;
}

static ig_status read_file(training *t, const char *path, ig_error *err) {
  ig_lines *file;
  const char *line = "";
  size_t length;
  IG_TRY(ig_lines_open(path, NULL, &file, err));
  ig_status status = IG_OK;
  while (status == IG_OK && line) {
    status = ig_lines_next(file, &line, &length, err);
    if (status == IG_OK && line) status = read_line(t, line, length, err);
  }
  ig_lines_close(file);
  return status;
}

static ig_status read_words(training *t, ig_error *err) {
  IG_TRY(ig_cutting_steps_add(&t->cutting, IG_CUTTING_SIGNS, err));
  for (size_t f = 0; f < t->options->file_count; f++)
    IG_TRY(read_file(t, t->options->files[f], err));
  if (t->words.texts.size > 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: expected text to train WordPiece on, found no word",
                 t->options->files[0]);
}

// ---- letters ----------------------------------------------------------------

static int more_frequent_first(const void *left, const void *right) {
  const counted_letter *a = left, *b = right;
  if (a->count != b->count) return a->count > b->count ? -1 : 1;
  return a->code < b->code ? -1 : a->code > b->code;
}

static void count_letters(training *t) {
  for (int id = 0; id < t->words.texts.size; id++) {
    const char *word = t->words.texts.tokens[id];
    for (size_t step; *word; word += step)
      t->letters[ig_utf8_decode(word, &step)] += t->words.counts[id];
  }
}

static ig_status list_letters(training *t, ig_error *err) {
  size_t distinct = 0;
  for (uint32_t code = 0; code < LETTERS; code++) distinct += t->letters[code] > 0;
  t->list = ig_allocate(distinct, sizeof *t->list, err);
  if (!t->list) return IG_ERROR_MEMORY;
  for (uint32_t code = 0; code < LETTERS; code++)
    if (t->letters[code]) t->list[t->distinct++] = (counted_letter){t->letters[code], code};
  qsort(t->list, distinct, sizeof *t->list, more_frequent_first);
  return IG_OK;
}

static size_t forms_of(uint32_t code) { return ig_word_normalization_is_word(code) ? 1 : 2; }

static void keep(training *t, uint32_t code) {
  t->kept[code] = true;
  t->kept_count++;
}

static ig_status choose_letters(training *t, ig_error *err) {
  const size_t room = (size_t)t->options->vocab_size - IG_WORD_PIECE_TRAINING_SPECIAL;
  size_t used = 0;
  count_letters(t);
  IG_TRY(list_letters(t, err));
  for (size_t i = 0; i < t->distinct; i++) {
    const size_t most = t->list[i].count >= OFTEN_ENOUGH ? room : room / 4 * 3;
    if (used + forms_of(t->list[i].code) > most) break;
    used += forms_of(t->list[i].code);
    keep(t, t->list[i].code);
  }
  return IG_OK;
}

// ---- pieces -----------------------------------------------------------------

static ig_status add_piece(training *t, const char *prefix, const char *text, size_t length,
                           ig_error *err) {
  char piece[512];
  ig_vocabulary *v = t->vocabulary;
  const size_t before = strlen(prefix);
  if (v->size >= t->options->vocab_size || before + length >= sizeof piece) return IG_OK;
  memcpy(piece, prefix, before);
  memcpy(piece + before, text, length);
  if (ig_vocabulary_find(v, piece, before + length) >= 0) return IG_OK;
  return ig_vocabulary_add(v, piece, before + length, v->size, err);
}

static ig_status add_special(training *t, ig_error *err) {
  static const char *const special[IG_WORD_PIECE_TRAINING_SPECIAL] = {"[PAD]", "[UNK]", "[CLS]",
                                                                      "[SEP]", "[MASK]"};
  for (size_t i = 0; i < IG_WORD_PIECE_TRAINING_SPECIAL; i++)
    IG_TRY(add_piece(t, "", special[i], strlen(special[i]), err));
  return IG_OK;
}

static ig_status add_form(training *t, size_t form, uint32_t code, ig_error *err) {
  char bytes[IG_UTF8_MAX];
  if (form >= forms_of(code)) return IG_OK;
  return add_piece(t, form ? GOING_ON : "", bytes, ig_utf8_encode(code, bytes), err);
}

static ig_status add_letters(training *t, ig_error *err) {
  for (size_t form = 0; form < 2; form++)
    for (uint32_t code = 0; code < LETTERS; code++)
      if (t->kept[code]) IG_TRY(add_form(t, form, code, err));
  return IG_OK;
}

// Where merged pieces leave room, letters that were passed over have it.
static ig_status add_left_letters(training *t, ig_error *err) {
  for (size_t i = 0; i < t->distinct; i++) {
    const uint32_t code = t->list[i].code;
    const size_t room = (size_t)(t->options->vocab_size - t->vocabulary->size);
    if (t->kept[code] || forms_of(code) > room) continue;
    for (size_t form = 0; form < 2; form++) IG_TRY(add_form(t, form, code, err));
    keep(t, code);
  }
  return IG_OK;
}

// A piece of SentencePiece becomes one of WordPiece; the mark alone is none.
static ig_status take_merged(void *context, const char *piece, size_t length, int id,
                             ig_error *err) {
  (void)id;
  const size_t mark = strlen(BEGINNING);
  if (length < mark || memcmp(piece, BEGINNING, mark) != 0)
    return add_piece(context, GOING_ON, piece, length, err);
  return length > mark ? add_piece(context, "", piece + mark, length - mark, err) : IG_OK;
}

// Words of several letters, all of which are kept; longer ones than WordPiece cuts are unknown
// anyway.
static bool has_pieces(const training *t, const char *word) {
  size_t count = 0;
  for (size_t step; *word; word += step, count++) {
    const uint32_t code = ig_utf8_decode(word, &step);
    if (!t->kept[code] || code == 0x2581) return false;
  }
  return count > 1 && count <= IG_WORD_PIECES_USUAL_LONGEST;
}

static ig_status add_merged(training *t, ig_error *err) {
  ig_tally_entry *words;
  size_t count = 0;
  IG_TRY(ig_tally_sort(&t->words, &words, err));
  for (int i = 0; i < t->words.texts.size; i++)
    if (has_pieces(t, words[i].text)) words[count++] = words[i];
  // Of the library's pieces, single letters are pieces already: alone, and with the mark.
  const size_t size = (size_t)t->options->vocab_size + 2 * t->kept_count + 16;
  const ig_piece_sink sink = {.piece = take_merged, .context = t};
  const ig_status status =
      count ? ig_sentencepiece_merge_words(words, count, (int)size, &sink, err) : IG_OK;
  free(words);
  return status;
}

static ig_status run(training *t, ig_error *err) {
  t->letters = ig_allocate(LETTERS, sizeof *t->letters, err);
  t->kept = t->letters ? ig_allocate(LETTERS, sizeof *t->kept, err) : NULL;
  if (!t->kept) return IG_ERROR_MEMORY;
  IG_TRY(read_words(t, err));
  IG_TRY(choose_letters(t, err));
  IG_TRY(add_special(t, err));
  IG_TRY(add_letters(t, err));
  IG_TRY(add_merged(t, err));
  return add_left_letters(t, err);
}

ig_status ig_word_piece_training_run(const ig_word_piece_training *options, ig_vocabulary *out,
                                     ig_word_piece_trained *trained, ig_error *err) {
  training t = {.options = options,
                .normalization = {.cleans = true,
                                  .sets_apart = true,
                                  .strips_accents = options->strip_accents,
                                  .lowers = options->lowercase},
                .vocabulary = out};
  const ig_status status = run(&t, err);
  *trained = (ig_word_piece_trained){.letters = t.distinct, .kept_letters = t.kept_count};
  ig_cutting_steps_free(&t.cutting);
  ig_tally_free(&t.words);
  free(t.letters);
  free(t.list);
  free(t.kept);
  return status;
}
