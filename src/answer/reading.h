// Questions and their contexts as windows of tokens that a model can read.
#ifndef IG_ANSWER_READING_H
#define IG_ANSWER_READING_H
#include "ingot_answer.h"
#include "pipeline/queue.h"
#include "text/tokenizer_pairs.h"

// How texts become windows.
typedef struct ig_reading_options {
  const ig_tokenizer *tokenizer;
  int max_length;  // tokens of a window
  int stride;      // tokens that two windows of a context share
  bool bare;       // questions without the white space that they begin with, as run_qa reads them
  // A question and its context are one text (answer/prompt.h), not a pair of them: for models that
  // generate their answers.
  bool prompts;
} ig_reading_options;

typedef struct ig_reading_context {
  const char *text;
  ig_text_tokens tokens;  // of pairs; empty of prompts, whose tokens depend on the question
} ig_reading_context;

typedef struct ig_reading_window {
  ig_ids ids;
  size_t second_text;     // the first id of the second type; 0: the tokens have no types
  size_t context_row;     // of the window's first token of the context
  size_t first;           // of the context's tokens
  size_t count;           // of them in the window
  ig_source_range place;  // bytes of the context that these are made of
} ig_reading_window;

// Of one question: windows first_window to first_window + windows - 1, of one context.
typedef struct ig_reading_question {
  size_t context, first_window, windows;
  char *problem;  // why it has no windows; NULL: it has some
} ig_reading_question;

typedef struct ig_reading {
  ig_reading_question *questions;  // (question_count)
  ig_reading_context *contexts;    // (context_count): a context that follows itself is one
  ig_reading_window *windows;      // (window_count)
  size_t question_count, context_count, window_count;
  size_t context_capacity, window_capacity;
} ig_reading;

// *out starts from {0}; ig_reading_free, also where it fails. The texts are borrowed. What is wrong
// with one question is its problem, and no error.
ig_status ig_reading_make(const ig_reading_options *options, const ig_question *questions,
                          size_t count, ig_reading *out, ig_error *err);
void ig_reading_free(ig_reading *reading);

// The windows as the sentences of a job: each member of an ensemble reads the same ids.
typedef struct ig_reading_sentences {
  ig_queue_sentence *list;  // (window_count)
  ig_ids *sources;          // (window_count, members): borrowed from the reading
} ig_reading_sentences;
// ig_reading_sentences_free, also where it fails.
ig_status ig_reading_sentences_make(const ig_reading *reading, size_t members,
                                    ig_reading_sentences *out, ig_error *err);
void ig_reading_sentences_free(ig_reading_sentences *sentences);
#endif
