// Which words of one language stand for which of another: the first of the IBM models (Brown,
// Della Pietra, Della Pietra & Mercer 1993, "The Mathematics of Statistical Machine Translation",
// section 4.1), p(t | s), found by expectation maximisation over pairs of sentences.
//
// A target word t of a pair comes from one of its source words, or from none, the empty word:
//   p(s makes t) = p(t | s) / sum over s' of the pair of p(t | s')
//   p(t | s)     = the sum of p(s makes t) over all pairs / that of all t' over all pairs
// The bits of the result depend on the text alone.
#ifndef IG_NUMERIC_LEXICAL_MODEL_H
#define IG_NUMERIC_LEXICAL_MODEL_H
#include <stddef.h>
#include <stdint.h>
#include "base/interrupt.h"

// Pairs of sentences, of words that are numbers from 0 to sizes[side] - 1: the words of pair p are
// ids[side][offsets[side][p] .. offsets[side][p + 1] - 1]. All is borrowed.
typedef struct ig_lexical_text {
  size_t pairs;
  const int32_t *source, *target;
  const size_t *source_offsets, *target_offsets;  // (pairs + 1)
  int source_size, target_size;
} ig_lexical_text;

typedef struct ig_lexical_model ig_lexical_model;  // ig_lexical_model_free; borrows the text
// All words that stand in a pair are equally probable. most: target words that a source word keeps,
// those that it stands beside most often, so that memory has a bound; the empty word keeps all.
// watch: cuts it short, as IG_INTERRUPTED; NULL: nothing does.
ig_status ig_lexical_model_create(const ig_lexical_text *text, size_t most,
                                  ig_interrupt_watch *watch, ig_lexical_model **out, ig_error *err);
void ig_lexical_model_free(ig_lexical_model *model);
// One step of expectation and maximisation. Allocates nothing. What the watch cuts short is of no
// use: its owner asks it afterwards.
void ig_lexical_model_step(ig_lexical_model *model, ig_interrupt_watch *watch);

// Target words of a source word, ascending, and their probabilities.
typedef struct ig_lexical_row {
  size_t count;
  const int *targets;
  const float *probability;
} ig_lexical_row;
ig_lexical_row ig_lexical_model_row(const ig_lexical_model *model, int source);
size_t ig_lexical_model_cells(const ig_lexical_model *model);  // of all rows
size_t ig_lexical_model_bytes(const ig_lexical_model *model);  // of memory
#endif
