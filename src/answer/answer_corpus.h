// Windows of questions with the places of their answers, as a corpus to train on.
#ifndef IG_ANSWER_ANSWER_CORPUS_H
#define IG_ANSWER_ANSWER_CORPUS_H
#include "answer/reading.h"
#include "data/corpus.h"
#include "data/squad.h"

// What became of the questions.
typedef struct ig_answer_corpus_counts {
  size_t windows, without_answer;  // windows, and those without the answer
  size_t absent;                   // questions left out: their answer is in no window that is known
  size_t cut;                      // questions of whose answer each window has but a part
  size_t problems;                 // questions left out, for they cannot be asked
  char *first_problem;             // of the first of them, "question ID: what"; NULL: there is none
  // Of prompts: questions whose answer has pieces that the vocabulary lacks, and the first such
  // piece; "": none.
  size_t unknown;
  char first_unknown[32];
} ig_answer_corpus_counts;

// Each window is a pair, whose source is its ids. The target of a pair of texts is the three
// numbers of model/head/head.h, IG_SPAN_TARGETS: the rows where the answer begins and ends, and the
// first row of the second text; of a prompt the ids of the answer's text. The answer of a question
// is the first one of the file; of a window that does not hold the whole of it, none: the class
// token, or a text without a token (run_qa's prepare_train_features; run_seq2seq_qa cuts the
// context, and trains on answers that are not there). Targets longer than a window are problems.
// The caller frees *out by ig_corpus_free, and counts->first_problem.
ig_status ig_answer_corpus_make(const ig_reading_options *options, const ig_squad *squad,
                                ig_corpus *out, ig_answer_corpus_counts *counts, ig_error *err);

// What was made of a file, to be told.
typedef struct ig_answer_corpus_report {
  const char *name;  // of the data
  bool prompts;      // as in the reading's options
  const ig_squad *squad;
  const ig_corpus *corpus;
  const ig_answer_corpus_counts *counts;
} ig_answer_corpus_report;
void ig_answer_corpus_tell(const ig_reporter *reporter, const ig_answer_corpus_report *report);
#endif
