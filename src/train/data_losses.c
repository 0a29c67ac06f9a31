// A tokenizer loses text in two ways: it has no piece for it, or it normalizes it to other text.
#include "train/data_losses.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/fail.h"
#include "base/report.h"
#include "text/utf8.h"

enum { LISTED = 10 };

// ---- <unk> ------------------------------------------------------------------

// What became <unk>, in all corpora and on both sides: the advice depends on it.
typedef struct unknown_kinds {
  bool codes;          // of whole >>codes<<
  bool in_training;    // other text of the training data
  bool in_validation;  // other text that the training data do not have, or not as <unk>
} unknown_kinds;

static void note_kinds(unknown_kinds *kinds, const ig_run *run, int side) {
  const ig_vocabulary *train = &run->train.unknown[side].parts.texts,
                      *valid = &run->valid.unknown[side].parts.texts;
  for (int corpus = 0; corpus < 2; corpus++)
    for (int id = 0; id < (corpus ? valid : train)->size; id++) {
      const char *text = ig_vocabulary_token(corpus ? valid : train, id);
      const size_t length = strlen(text);
      const bool code = ig_tokenizer_code_length(text, length) == length;
      kinds->codes |= code;
      kinds->in_training |= !code && corpus == 0;
      kinds->in_validation |= !code && corpus == 1 && ig_vocabulary_find(train, text, length) < 0;
    }
}

// For a SentencePiece model that was trained from the data. NULL: none.
static const char *advice_on_training(const ig_sentencepiece_training *t) {
  if (strcmp(t->model_type, "word") == 0)
    return "of model_type word: a larger data.sentencepiece.vocab_size keeps more words, and "
           "model_type: unigram cuts words into smaller pieces";
  if (t->byte_fallback) return NULL;
  if (t->character_coverage >= 1)
    return "a larger data.sentencepiece.vocab_size has room for more characters, byte_fallback: "
           "true spells the others in bytes";
  return "data.sentencepiece.character_coverage: 1 keeps every character that vocab_size has room "
         "for, byte_fallback: true spells the others in bytes";
}

static const char *advice_on_validation(const ig_train_data *d) {
  if (d->vocabulary != IG_VOCABULARY_TRAINED || d->sentencepiece.byte_fallback ||
      strcmp(d->sentencepiece.model_type, "word") == 0)
    return "what data.valid alone has gets no piece from the training data";
  return "what data.valid alone has gets no piece from the training data: "
         "data.sentencepiece.byte_fallback: true spells it in bytes";
}

// What would keep the text, once for all corpora; where the tokenizer is given, why it is lost.
static void advise(const ig_run *run) {
  const ig_train_data *d = &run->config.data;
  static const char *const given[] = {
      [IG_VOCABULARY_MODEL] =
          "the SentencePiece model that data.sentencepiece names has no piece for them",
      [IG_VOCABULARY_INIT] = "the tokenizer of model.init has no piece for them"};
  const char *advice[3] = {NULL};
  unknown_kinds kinds = {false};
  for (int side = 0; side < 2; side++) note_kinds(&kinds, run, side);
  const bool trained = d->vocabulary == IG_VOCABULARY_TRAINED;
  if (!trained && d->vocabulary != IG_VOCABULARY_WHITESPACE) {
    const bool any = kinds.codes || kinds.in_training || kinds.in_validation;
    if (any) advice[0] = given[d->vocabulary];
  } else {
    if (kinds.in_training)
      advice[0] = trained ? advice_on_training(&d->sentencepiece)
                          : "data.min_frequency and data.max_tokens have left tokens out";
    if (kinds.in_validation) advice[1] = advice_on_validation(d);
    if (kinds.codes && trained)
      advice[2] =
          "data.sentencepiece.user_defined_symbols makes pieces of >>codes<< that have "
          "other signs than A-Z, a-z, 0-9, '_', '-', '.', or that begin no line of the "
          "training data";
  }
  for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
    if (advice[i]) ig_report(run->reporter, IG_LEVEL_WARNING, "<unk>: %s", advice[i]);
}

static ig_status report_unknown(const ig_run *run, const char *name, const ig_corpus *corpus,
                                ig_side side, ig_error *err) {
  const ig_corpus_unknown *unknown = &corpus->unknown[side];
  char list[1024];
  if (unknown->tokens == 0) return IG_OK;
  IG_TRY(ig_tally_describe(&unknown->parts, LISTED, list, sizeof list, err));
  ig_report(run->reporter, IG_LEVEL_WARNING, "%s.%s: %" PRIu64 " of %zu tokens are <unk>: %s", name,
            side == IG_SIDE_SOURCE ? "source" : "target", unknown->tokens,
            ig_corpus_token_count(corpus, side), list);
  return IG_OK;
}

// ---- codes that are text ----------------------------------------------------

static void report_late_codes(const ig_run *run, const char *name, const ig_corpus *corpus) {
  const size_t count = corpus->late_codes;
  if (count == 0) return;
  ig_report(run->reporter, IG_LEVEL_WARNING,
            "%s: %zu line%s white space before a >>code<<, the first at %s:%zu: it is read as "
            "text, for a code counts only at the very start of a line",
            name, count, count == 1 ? " has" : "s have", corpus->late_code_path,
            corpus->late_code_line);
}

// ---- normalization ----------------------------------------------------------

// Whether a letter of the target, encoded and decoded, is another text. One that is <unk> is
// reported as such.
static ig_status comes_back_changed(const ig_tokenizer *t, const char *letter, size_t length,
                                    bool *changed, ig_error *err) {
  ig_ids ids = {0};
  char *text = NULL;
  ig_status status = ig_tokenizer_encode_target(t, letter, length, &ids, err);
  bool unknown = false;
  for (size_t i = 0; i < ids.count; i++)
    unknown |= ids.ids[i] == ig_tokenizer_unk_id(t, IG_SIDE_TARGET);
  if (status == IG_OK && !unknown) status = ig_tokenizer_decode(t, ids.ids, ids.count, &text, err);
  *changed = text && strcmp(text, letter) != 0;
  free(text);
  ig_ids_free(&ids);
  return status;
}

// Control characters are no text, and white space is not kept as it is by any tokenizer.
static bool is_letter(uint32_t code) {
  return code > 0x20 && !(code >= 0x7F && code < 0xA0) && !ig_utf8_is_space(code);
}

typedef struct letter_losses {
  uint64_t letters, lost;
  ig_tally changed;
} letter_losses;

static ig_status note_letter(const ig_tokenizer *t, uint32_t code, uint64_t count,
                             letter_losses *out, ig_error *err) {
  utf8proc_uint8_t bytes[5] = {0};
  bool changed;
  if (count == 0 || !is_letter(code)) return IG_OK;
  out->letters += count;
  const size_t length = (size_t)utf8proc_encode_char((utf8proc_int32_t)code, bytes);
  IG_TRY(comes_back_changed(t, (const char *)bytes, length, &changed, err));
  if (!changed) return IG_OK;
  out->lost += count;
  return ig_tally_add(&out->changed, (const char *)bytes, length, count, err);
}

// Looks at blocks first: a text has few of the million letters that exist.
static ig_status find_changed(const ig_tokenizer *t, const uint64_t *letters, letter_losses *out,
                              ig_error *err) {
  enum { BLOCK = 64 };
  static const uint64_t none[BLOCK] = {0};
  _Static_assert(IG_CORPUS_LETTERS % BLOCK == 0, "blocks cover all letters");
  for (uint32_t first = 0; first < IG_CORPUS_LETTERS; first += BLOCK) {
    if (memcmp(&letters[first], none, sizeof none) == 0) continue;
    for (uint32_t i = 0; i < BLOCK; i++)
      IG_TRY(note_letter(t, first + i, letters[first + i], out, err));
  }
  return IG_OK;
}

// Ligatures and full-width letters in a text of millions are no warning; the punctuation of a
// language is.
static bool is_much(const letter_losses *losses) { return losses->lost * 1000 > losses->letters; }

static ig_status report_changed(const ig_run *run, const uint64_t *letters, ig_error *err) {
  letter_losses losses = {0};
  char list[1024];
  ig_status status = find_changed(run->tokenizer, letters, &losses, err);
  if (status == IG_OK && losses.lost)
    status = ig_tally_describe(&losses.changed, LISTED, list, sizeof list, err);
  if (status == IG_OK && losses.lost)
    ig_report(run->reporter, is_much(&losses) ? IG_LEVEL_WARNING : IG_LEVEL_INFO,
              "the target's text: normalization writes %" PRIu64 " of %" PRIu64
              " characters in another way, so that no translation has them: %s%s",
              losses.lost, losses.letters, list,
              run->config.data.vocabulary == IG_VOCABULARY_TRAINED
                  ? "; data.sentencepiece.normalization: identity keeps them"
                  : "");
  ig_tally_free(&losses.changed);
  return status;
}

ig_status ig_data_losses_report(const ig_run *run, const uint64_t *letters, ig_error *err) {
  for (int side = 0; side < 2; side++) {
    IG_TRY(report_unknown(run, "data.train", &run->train, (ig_side)side, err));
    IG_TRY(report_unknown(run, "data.valid", &run->valid, (ig_side)side, err));
  }
  advise(run);
  report_late_codes(run, "data.train", &run->train);
  report_late_codes(run, "data.valid", &run->valid);
  return report_changed(run, letters, err);
}
