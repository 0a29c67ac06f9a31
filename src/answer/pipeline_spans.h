// Answers out of the windows of a context as the question-answering pipeline of Hugging Face
// transformers 4.57 found them (pipelines/question_answering.py), the last version that had one.
// Of each window the best stretches are taken by p(start) p(end), softmax over the context and the
// class token; stretches of the same text, whatever their case, are one answer with the sum of
// their scores, which is therefore no probability.
#ifndef IG_ANSWER_PIPELINE_SPANS_H
#define IG_ANSWER_PIPELINE_SPANS_H
#include "answer/answer_window.h"
#include "ingot/core.h"

typedef struct ig_pipeline_spans ig_pipeline_spans;  // ig_pipeline_spans_free
typedef struct ig_pipeline_spans_options {
  int n_best;             // answers, at most
  int max_answer_length;  // tokens
  bool no_answer;         // "there is none" is one of the answers
  bool whole_words;       // answers begin and end with words, else with tokens
} ig_pipeline_spans_options;
ig_status ig_pipeline_spans_create(const ig_pipeline_spans_options *options,
                                   ig_pipeline_spans **out, ig_error *err);
void ig_pipeline_spans_free(ig_pipeline_spans *spans);

// Forgets the question before.
void ig_pipeline_spans_begin(ig_pipeline_spans *spans, const char *context);
// The windows of a context are given in its order.
ig_status ig_pipeline_spans_add(ig_pipeline_spans *spans, const ig_answer_window *window,
                                ig_error *err);
// The answers (*count), best first, valid until the next question.
const ig_answer_span *ig_pipeline_spans_end(ig_pipeline_spans *spans, size_t *count);
#endif
