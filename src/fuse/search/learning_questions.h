// Questions as windows that a learned fusion learns from, and others that it is judged by.
#ifndef IG_FUSE_SEARCH_LEARNING_QUESTIONS_H
#define IG_FUSE_SEARCH_LEARNING_QUESTIONS_H
#include "answer/reading.h"
#include "data/corpus.h"

typedef struct ig_learning_questions_args {
  ig_reading_options reading;
  const char *path;             // in SQuAD's form
  const ig_reporter *reporter;  // told of windows, and of questions that are left out
  double valid_share;           // of the questions
  uint64_t seed;
} ig_learning_questions_args;

// valid gets the windows of a drawn part of the questions, `all` those of the others; NULL: `all`
// gets those of all. A file of which no window holds an answer is an error. ig_corpus_free both, in
// any case.
ig_status ig_learning_questions_load(const ig_learning_questions_args *args, ig_corpus *all,
                                     ig_corpus *valid, ig_error *err);
#endif
