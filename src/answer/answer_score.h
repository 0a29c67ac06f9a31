// Answers to questions whose right answers are known, and how good they are.
#ifndef IG_ANSWER_ANSWER_SCORE_H
#define IG_ANSWER_ANSWER_SCORE_H
#include "data/squad.h"
#include "ingot_answer.h"

// Has a question no answer? Then those of SQuAD 2.0 are the rules, else those of 1.1, and an
// answerer is to be opened with this as its no_answer.
bool ig_answer_score_has_unanswerable(const ig_squad *squad);

typedef struct ig_answer_scores {
  double exact, f1;  // percentages over the questions
  size_t problems;   // questions that could not be asked: their answer is ""
} ig_answer_scores;
typedef struct ig_answer_scoring {
  const ig_squad *squad;
  size_t count;                       // of its questions: the first
  const ig_interrupter *interrupter;  // looked at between questions; NULL: nothing interrupts
  // (count): filled with the answers, malloc'ed for the caller to free(), also after a failure; it
  // starts from NULLs.
  char **texts;
} ig_answer_scoring;
// Answers the questions and scores the answers as SQuAD's scripts do.
ig_status ig_answer_score_questions(ig_answerer *answerer, const ig_answer_scoring *scoring,
                                    ig_answer_scores *out, ig_error *err);
#endif
