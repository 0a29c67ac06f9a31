// Answers that an encoder with a head for spans finds in a context.
#ifndef IG_ANSWER_EXTRACTION_H
#define IG_ANSWER_EXTRACTION_H
#include "answer/reading.h"
#include "ingot_answer.h"

// Answers the questions of a reading that have no problem into out (question_count), whose members
// are {.chosen = -1}. After a failure some may hold answers.
ig_status ig_extraction_answer(ig_answerer *answerer, const ig_reading *reading, ig_answers *out,
                               ig_error *err);
#endif
