// The lines that a translator writes for a sentence: translations as text or as ids, or scores.
#ifndef IG_PIPELINE_OUTPUT_LINE_H
#define IG_PIPELINE_OUTPUT_LINE_H
#include "decode/search.h"
#include "text/tokenizer.h"

typedef struct ig_output_format {
  const ig_tokenizer *tokenizer;  // of the target; NULL: ids are written
  int n_best;                     // lines a sentence
  bool score, token_scores;       // "score<TAB>", "token scores<TAB>" before a translation
  float length_penalty;           // of the score
  int prefix_length;              // tokens at the beginning that do not count in it
  bool token_log_probs;           // in scoring: of each token; else their sum
} ig_output_format;

// What a review knows of the translations (n_best); each member may be NULL.
typedef struct ig_output_details {
  // Of each NULL, or (length) texts in the places of tokens, NULL where the token's own text
  // stands.
  const char *const *const *copies;
  const float *const *log_probs;  // of each (length): then the score is made of them
} ig_output_details;

// A sentence, and the white space between sentences, may spell line breaks, but a line is one: they
// become spaces, in place.
void ig_output_line_flatten(char *text, size_t length);

// Each puts out a malloc'ed string for the caller to free(); lines of n-best are separated by
// newlines. found (n_best), best first.
ig_status ig_output_line_translated(const ig_output_format *format, const ig_hypothesis *found,
                                    const ig_output_details *details, char **out, ig_error *err);
// The text itself for each translation, with a score of 0.
ig_status ig_output_line_copied(const ig_output_format *format, const char *text, size_t length,
                                char **out, ig_error *err);
// Has the best translation, in such a string, no text? Ids are never blank.
bool ig_output_line_is_blank(const ig_output_format *format, const char *line);
// log_probs (count): of the target's tokens.
ig_status ig_output_line_scored(const ig_output_format *format, const float *log_probs,
                                size_t count, char **out, ig_error *err);
// What a blank line is answered with: as many lines as any other.
ig_status ig_output_line_blank(const ig_output_format *format, bool scoring, char **out,
                               ig_error *err);
#endif
