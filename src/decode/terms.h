// Terms: sequences of tokens that a hypothesis must have somewhere before it may end. A term has
// several forms, any of which will do. Beam search finds them by banks: the candidates of a step
// are grouped by how many tokens of terms they have, and places go to the groups in turn, so that
// hypotheses that have a term survive beside likelier ones without (Post and Vilar 2018, "Fast
// Lexically Constrained Decoding with Dynamic Beam Allocation", 3; places in turn as Hu et al.
// 2019, "Improved Lexically Constrained Decoding for Translation and Monolingual Rewriting", 3.1).
//
// What a hypothesis has is read off its tokens in each step: the search keeps nothing more.
#ifndef IG_DECODE_TERMS_H
#define IG_DECODE_TERMS_H
#include "decode/sentence.h"

enum { IG_TERMS_MOST = 64 };  // of one sentence

// One form of a term.
typedef struct ig_term_form {
  int term;        // its index
  const int *ids;  // (length), borrowed
  int length;
  bool initial;   // the search itself begins it at the beginning of a text alone
  bool excluded;  // by bad words, suppressed tokens or a repetition inside it; ig_terms_create's
} ig_term_form;

// Source tokens that are a term.
typedef struct ig_term_place {
  int term;
  int begin, end;  // the end excluded; both 0: none
} ig_term_place;

// Those of one sentence. ig_terms_create, ig_terms_free.
typedef struct ig_terms {
  int term_count;
  uint64_t placeable;  // bit i: term i has a form that is not excluded
  int no_repeat_ngram;
  int form_count;
  ig_term_form *forms;
  int place_count;
  ig_term_place *places;
  // Of the running step.
  struct term_candidate *found;
  int found_count, found_capacity;
} ig_terms;

// forms (count): copied, their ids are borrowed. Terms are numbered from 0 without gaps, at most
// IG_TERMS_MOST, and each has a form that is not empty. options: of the search.
ig_status ig_terms_create(const ig_term_form *forms, int count, const ig_decode_options *options,
                          ig_terms **out, ig_error *err);
void ig_terms_free(ig_terms *terms);
// places (count): copied.
ig_status ig_terms_place(ig_terms *terms, const ig_term_place *places, int count, ig_error *err);
// Which terms the tokens (length) have: bit i of the result is that of term i.
uint64_t ig_terms_met(const ig_terms *terms, const int *ids, int length);
// The terms that the tokens (length) lack and that can no longer come after them, for bad words,
// suppressed tokens or repeated n-grams exclude all their forms.
uint64_t ig_terms_lost(const ig_terms *terms, const int *ids, int length);
// Tokens that the shortest forms of all terms have together that are not excluded.
int ig_terms_length(const ig_terms *terms);

// For beam search (beam.c). Bans the end in a row that lacks terms which can come, and where its
// last places are just enough for them, all tokens but theirs.
void ig_terms_ban(const ig_decode_options *options, const ig_sentence *sentence, const int *ids,
                  float *scores);
// A row as the processors and ig_terms_ban left it.
typedef struct ig_term_row {
  int row;
  const int *ids;          // (sentence->length): the start token first
  const float *logits;     // (V)
  const float *attention;  // (source ids); NULL: unknown
  float normalizer, score;
} ig_term_row;
void ig_terms_begin(ig_terms *terms);
// Adds the row's likeliest token, and those by which it comes nearer to its terms.
void ig_terms_offer(const ig_selection *selection, ig_sentence *sentence, const ig_term_row *row);
// Chooses sentence->next from these and from the best of all rows, sentence->candidates (count),
// finishes hypotheses, those with the most terms first, and decides whether the sentence is done.
void ig_terms_choose(const ig_selection *selection, ig_sentence *sentence, int count);
#endif
