// Answers out of the windows of a context as the example run_qa of Hugging Face transformers finds
// them (examples/pytorch/question-answering/utils_qa.py): the best sums of a start's and an end's
// logit, compared over all windows, and "no answer" where its own sum is larger by a threshold.
#ifndef IG_ANSWER_RUN_QA_SPANS_H
#define IG_ANSWER_RUN_QA_SPANS_H
#include "answer/answer_window.h"
#include "ingot/core.h"

typedef struct ig_run_qa_spans ig_run_qa_spans;  // ig_run_qa_spans_free
typedef struct ig_run_qa_spans_options {
  int n_best;             // of starts, of ends and of answers
  int max_answer_length;  // tokens
  bool no_answer;         // a question may have none, as in SQuAD 2.0
  double null_threshold;  // how much larger the sum of "no answer" must be
} ig_run_qa_spans_options;
ig_status ig_run_qa_spans_create(const ig_run_qa_spans_options *options, ig_run_qa_spans **out,
                                 ig_error *err);
void ig_run_qa_spans_free(ig_run_qa_spans *spans);

// Forgets the question before.
void ig_run_qa_spans_begin(ig_run_qa_spans *spans);
ig_status ig_run_qa_spans_add(ig_run_qa_spans *spans, const ig_answer_window *window,
                              ig_error *err);
typedef struct ig_run_qa_result {
  // (count): best first, with "no answer" among them where there may be none; valid until the next
  // question. Scores are probabilities: a softmax over them.
  const ig_answer_span *spans;
  size_t count;
  int chosen;          // of spans; -1: there is no answer
  bool nothing_found;  // run_qa then writes the word "empty", whose logits are 0
  double null_odds;    // the sum of "no answer" less that of the best answer; 0: there must be one
} ig_run_qa_result;
ig_status ig_run_qa_spans_end(ig_run_qa_spans *spans, ig_run_qa_result *out, ig_error *err);
#endif
