/* Ingot: arrays of texts in, their translations as structs out, at once or later (futures).
 * Conventions: ingot.h. */
#ifndef INGOT_TEXTS_H
#define INGOT_TEXTS_H

#include "ingot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All zero: the defaults. */
typedef struct ig_texts_options {
  /* translations have the log-probabilities of their tokens, and those of greedy search a score;
   * default false: what costs nothing. Unlike score_columns it leaves sentences split. */
  bool log_probs;
  bool alignments; /* translations have alignments, of the layer and head of ig_alignment_options */
  ig_reporter reporter; /* told as by ig_translate_lines: text 3 is "line 3". Default: nothing is */
} ig_texts_options;

/* One translation of one sentence. */
typedef struct ig_translation {
  const char *text; /* NULL with ids_out */
  const int *ids;   /* (count): of its tokens, the end included */
  int count;        /* 0: the sentence had nothing to translate, or text is a copy of it */
  /* as in ig_score_columns, 0 where count is 0; NAN: greedy search has none unless log_probs are
   * asked for. Of a sentence with terms of a glossary it is the search's, which has their costs,
   * and with log_probs the model's own log-probability. */
  float score;
  const float *log_probs; /* (count), of forced tokens 0; NULL: not asked for, or count is 0 */
  /* `line` is the number of the text, from 1; NULL: not asked for, or nothing to align */
  const ig_token_alignment *alignment;
} ig_translation;

typedef struct ig_translated_text {
  /* IG_OK, or why this text cannot be translated: with `strict` it is no UTF-8, with ids_in an id
   * is none. Then it has a message and nothing else. The other texts do not suffer. */
  ig_status status;
  const char *message;
  /* What ig_translate gives of it: the best translations of its sentences, with the white space
   * that stood between these. NULL with ids_out */
  const char *text;
  /* Those that it was split into, as split_sentences says; of parts of a long one each counts. A
   * text without any is one, which is empty. More than 1 only where n_best is 1. */
  size_t sentences;
  const ig_translation *translations; /* (sentences, n_best): best first */
} ig_translated_text;

/* Owns all that its texts point to; does not need the translator any more. */
typedef struct ig_translations { /* ig_translations_free */
  size_t count;
  int n_best;
  const ig_translated_text *texts; /* (count): in the order of the texts that came in */
} ig_translations;

/* Translates texts (count), together: as fast as a stream of them. A text's translation does not
 * depend on the others. Whatever is not the fault of one text, such as an interruption, is an error
 * of the call. options may be NULL. */
ig_status ig_translate_texts(ig_translator *translator, const char *const *texts, size_t count,
                             const ig_texts_options *options, ig_translations **out, ig_error *err);
void ig_translations_free(ig_translations *translations);

/* ---- translations that come later ----------------------------------------- */

/* Texts that are being translated on a thread of the library's own, for programs that have none to
 * spare. Futures of several translators on one engine run side by side or in turn, as translators
 * of several threads do. */
typedef struct ig_future ig_future; /* ig_future_free */
/* ig_translate_texts that goes on after the return. Texts and options are copied; the translator,
 * which no other call may use, and the context of the reporter must outlive the future. Whatever is
 * called back is called on the future's thread. */
ig_status ig_submit_texts(ig_translator *translator, const char *const *texts, size_t count,
                          const ig_texts_options *options, ig_future **out, ig_error *err);
/* Has the work ended, so that ig_future_wait does not wait? Any thread may ask. NULL: true. */
bool ig_future_ready(const ig_future *future);
/* Waits for the end and gives what ig_translate_texts gives: the translations are the caller's. A
 * second time it is IG_ERROR_ARGUMENT, for they are gone. After it the translator may be used. */
ig_status ig_future_wait(ig_future *future, ig_translations **out, ig_error *err);
/* Waits for the end, and frees what nobody has taken. The interrupter of the translator's options
 * makes the end come soon. Before the translator is freed. */
void ig_future_free(ig_future *future);

#ifdef __cplusplus
}
#endif
#endif
