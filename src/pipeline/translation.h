// The translations of a sentence (ig_translation of ingot_texts.h), from which lines are written or
// results are made. Each owns all that it points to.
#ifndef IG_PIPELINE_TRANSLATION_H
#define IG_PIPELINE_TRANSLATION_H
#include "decode/search.h"
#include "ingot_texts.h"
#include "text/tokenizer.h"

// What is made of hypotheses, and how it is written.
typedef struct ig_output_format {
  const ig_tokenizer *tokenizer;  // of the target; NULL: translations are ids without text
  int n_best;                     // translations of a sentence
  bool score, token_scores;       // "score<TAB>", "token scores<TAB>" before a translation
  float length_penalty;           // of the score
  int prefix_length;              // tokens at the beginning that do not count in it
  bool token_log_probs;           // in scoring: of each token; else their sum
} ig_output_format;

// A sentence, and the white space between sentences, may spell line breaks, but a line is one: they
// become spaces, in place.
void ig_translation_flatten(char *text, size_t length);

// Each puts out n_best translations, for ig_translation_free_all.
// found (n_best), best first. is_ranked: they have scores, or else NAN.
ig_status ig_translation_keep(const ig_output_format *format, const ig_hypothesis *found,
                              bool is_ranked, ig_translation **out, ig_error *err);
// The text (its length) itself, without tokens: what a blank sentence has. score: 0, or NAN where
// translations have none.
typedef struct ig_copied_text {
  const char *text;
  size_t length;
  float score;
} ig_copied_text;
ig_status ig_translation_copy(const ig_output_format *format, const ig_copied_text *copied,
                              ig_translation **out, ig_error *err);
void ig_translation_free(ig_translation *translation);  // what it points to
void ig_translation_free_all(ig_translation *translations, int count);

// Puts in place of the text that of its tokens, with copies (count) in the places of some: NULL
// where the token's own text stands.
ig_status ig_translation_put_copies(ig_translation *translation, const ig_output_format *format,
                                    const char *const *copies, ig_error *err);
// Takes log-probabilities (count), malloc'ed. One without a score gets log p / length^penalty.
void ig_translation_take_log_probs(ig_translation *translation, const ig_output_format *format,
                                   float *log_probs);
// Has it no text? Ids are never blank.
bool ig_translation_is_blank(const ig_translation *translation);
#endif
