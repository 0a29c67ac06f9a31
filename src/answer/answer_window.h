// A window of a context: what a question-answering model read at once, and what its head gave.
#ifndef IG_ANSWER_ANSWER_WINDOW_H
#define IG_ANSWER_ANSWER_WINDOW_H
#include <stddef.h>
#include "text/source_ranges.h"

// Borrowed. A row is a token of the input: the question's, the context's, and special ones, the
// first of which (row 0) is the class token, where "no answer" begins and ends.
typedef struct ig_answer_window {
  const float *logits;  // (rows, 2): how well an answer begins and ends at each
  int rows;
  int first;                      // row of the window's first token of the context
  int count;                      // tokens of the context
  const ig_source_range *places;  // (count): of them in the context, in bytes
  const int *words;               // (count): which word of the context each is of; -1: none
} ig_answer_window;

// A stretch of the context; {0, 0} is no answer.
typedef struct ig_answer_span {
  ig_source_range place;  // bytes of the context
  double score;
  float start, end;  // logits
} ig_answer_span;
#endif
