// What decoding is asked for, and what a model's generation_config.json asks for by itself.
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

// The options of one sentence. Lengths count generated tokens: the end token is one of them, the
// start token is not.
typedef struct ig_sentence_options {
  int min_length;  // the end token is banned while fewer tokens than this have been generated
                   // (Hugging Face's min_new_tokens)
  int max_length;  // Hugging Face's max_length - 1
  int forced_bos;  // the first token; -1: none
  int forced_eos;  // the last token of a hypothesis of max_length; -1: none
  // (prefix_length): the tokens that the target begins with, instead of forced_bos; borrowed while
  // the sentence is decoded. Like all forced tokens these have a log-probability of 0 in the score,
  // and count in lengths. Length 0: none.
  const int *prefix;
  int prefix_length;
} ig_sentence_options;

typedef struct ig_decode_options {
  int beam_size;         // 1: greedy
  int n_best;            // hypotheses kept, at most beam_size
  float length_penalty;  // score = log p / length^length_penalty
  ig_early_stopping early_stopping;
  int no_repeat_ngram;       // 0: off
  float repetition_penalty;  // 1: off
  bool renormalize;          // log_softmax once more after the processors
  int start_id, eos_id, vocab_size;
  ig_bad_words bad_words;
  // The options of every sentence that brings none of its own. No sentence's max_length is larger
  // than this one, for which the search reserves its memory.
  ig_sentence_options sentence;
  char ignored[128];  // keys of the model's generation_config.json that ask for what is not built,
                      // ", " between them; "": none
} ig_decode_options;

// The result owns bad_words. The options of model->generation_config win over those of its config;
// max_length, if neither gives it, is max_positions, at most 511.
ig_status ig_decode_options_load(const ig_model *model, ig_decode_options *out, ig_error *err);
// Positions that a decoder of this model has for generated tokens.
int ig_decode_options_longest(const ig_config *config);
ig_status ig_decode_options_check(const ig_decode_options *options, ig_error *err);
void ig_decode_options_free(ig_decode_options *options);
#endif
