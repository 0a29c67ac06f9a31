// What decoding is asked for, and what a model's own files ask for: its generation_config.json, or
// where it has none, its config.json.
//
// Some options belong to a search, for they decide its memory or the way it ranks hypotheses; the
// others belong to a sentence. Sentences with different options of their own are decoded together,
// each as if it were alone.
#ifndef IG_DECODE_DECODE_OPTIONS_H
#define IG_DECODE_DECODE_OPTIONS_H
#include "model/model.h"

// When a beam search whose n-best slots are full may stop (Hugging Face's early_stopping: false,
// true, "never").
typedef enum ig_early_stopping {
  IG_EARLY_STOPPING_HEURISTIC,
  IG_EARLY_STOPPING_AT_ONCE,
  IG_EARLY_STOPPING_NEVER
} ig_early_stopping;

// Sequences of ids that must not be generated: sequence i is ids[offsets[i] .. offsets[i+1]-1].
typedef struct ig_bad_words {
  int count;
  int *offsets;  // (count + 1)
  int *ids;
} ig_bad_words;

// Drawing the next token in place of searching for the best text. Of the processed logits, in this
// order, as in transformers: all are divided by temperature; the top_k largest stay; the fewest
// that have together a probability of top_p stay; those stay whose probability is at least min_p
// times the largest. Of equal tokens at a limit all stay.
typedef struct ig_sampling {
  bool on;
  float temperature;  // above 0
  int top_k;          // 0: all
  float top_p;        // above 0; from 1 on: all
  float min_p;        // 0: all
  uint64_t seed;
} ig_sampling;

// Tokens that do as well as the one that is named beside them: of a model with several end tokens,
// all but the first.
#define IG_MOST_ALTERNATIVES 15
typedef struct ig_alternatives {
  int count;
  int ids[IG_MOST_ALTERNATIVES];
} ig_alternatives;

typedef struct ig_suppressed_tokens {
  int count;
  int *ids;  // (count)
} ig_suppressed_tokens;

// The options of one sentence. Lengths count generated tokens: the end token is one of them, the
// start token is not.
typedef struct ig_sentence_options {
  int min_length;  // the end token is banned while fewer tokens than this have been generated
                   // (Hugging Face's min_new_tokens)
  int max_length;  // Hugging Face's max_length - 1
  int forced_bos;  // the first token; -1: none
  int forced_eos;  // the last token of a hypothesis of max_length; -1: none
  // All forced tokens of a place score 0.
  ig_alternatives forced_bos_alternatives, forced_eos_alternatives;
  // (prefix_length): the tokens that the target begins with, instead of forced_bos; borrowed while
  // the sentence is decoded. Like all forced tokens these have a log-probability of 0 in the score;
  // they count in min_length and max_length, but not in the length that divides a score, as in
  // transformers. Length 0: none.
  const int *prefix;
  int prefix_length;
  struct ig_terms *terms;  // that beam search puts into it; borrowed like the prefix; NULL: none
  uint64_t number;         // tells its random numbers, in sampling, from those of other sentences
} ig_sentence_options;

typedef struct ig_decode_options {
  int beam_size;         // 1: greedy; with sampling: how many texts are drawn, each by itself
  int n_best;            // hypotheses kept, at most beam_size
  float length_penalty;  // score = log p / length^length_penalty
  ig_early_stopping early_stopping;
  int no_repeat_ngram;       // 0: off
  float repetition_penalty;  // 1: off
  bool renormalize;          // log_softmax once more after the processors
  // Greedy search, too, gives its hypothesis a score, of the log-probabilities after the processors
  // (as compute_transition_scores of transformers): a pass over the logits of each step more.
  bool score_greedy;
  int start_id, eos_id, vocab_size;
  ig_alternatives eos_alternatives;       // each of them ends a hypothesis, too
  ig_bad_words bad_words;                 // suppress_tokens are among them
  ig_suppressed_tokens begin_suppressed;  // never the first token that is not forced
  ig_sampling sampling;
  // A layer of the decoder, from 1, whose cross-attention says where terms are translated; 0: none.
  int attended_layer;
  // The options of every sentence that brings none of its own. No sentence's max_length is larger
  // than this one, for which the search reserves its memory.
  ig_sentence_options sentence;
  // Keys of the model's file that ask for what is not built, ", " between them; "": none. All of
  // not_built in decode_options.c fit.
  char ignored[512];
} ig_decode_options;

// The result owns its lists. The options of model->generation_config win over those of its config;
// max_length, if neither gives it, is max_positions, at most 511.
ig_status ig_decode_options_load(const ig_model *model, ig_decode_options *out, ig_error *err);
// Does the token end a hypothesis?
bool ig_decode_options_ends(const ig_decode_options *options, int token);
// Candidates of each sentence that beam search looks at in a step: enough that beam_size of them
// run on, however many end.
int ig_decode_options_candidates(const ig_decode_options *options);
// Positions that a decoder of this model has for generated tokens.
int ig_decode_options_longest(const ig_config *config);
ig_status ig_decode_options_check(const ig_decode_options *options, ig_error *err);
void ig_decode_options_free(ig_decode_options *options);
#endif
