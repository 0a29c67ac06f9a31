// Searching with a shortlist (io/shortlist.h): each sentence chooses among the target tokens of its
// own list, whatever the sentences beside it may have. The output layer is computed for the tokens
// of all of them together (model/run/output_subset.h), each token once, and each row takes the
// logits of its list. Log p is counted against the list's tokens alone.
//
// Tokens that options name are in the list, too: ends, forced tokens, prefixes.
#ifndef IG_DECODE_SENTENCE_LISTS_H
#define IG_DECODE_SENTENCE_LISTS_H
#include "decode/search.h"
#include "io/shortlist.h"

// Where lists come from.
typedef struct ig_sentence_lists_source {
  const ig_shortlist *shortlist;
  bool shared;  // source and target have one vocabulary
  int unk_id;   // of the target, which every list has; -1: none
} ig_sentence_lists_source;

typedef struct ig_sentence_lists ig_sentence_lists;  // ig_sentence_lists_free; of a decoder's owner
// For the sentences of a decoder, which is borrowed: so many seats, and rows in a step, at most.
ig_status ig_sentence_lists_create(ig_decoder_run *decoder, const ig_model *model, int seats,
                                   int rows, ig_sentence_lists **out, ig_error *err);
void ig_sentence_lists_free(ig_sentence_lists *lists);
// Nobody is left. All is borrowed until the next begin.
void ig_sentence_lists_begin(ig_sentence_lists *lists, const ig_sentence_lists_source *source,
                             const ig_decode_options *options);
// The sentence at `seat` has these source ids (length). Memory grows to what the longest list
// needs.
ig_status ig_sentence_lists_join(ig_sentence_lists *lists, int seat, const int *source,
                                 size_t length, const ig_sentence_options *own, ig_error *err);
void ig_sentence_lists_leave(ig_sentence_lists *lists, int seat);

// Of the sentences that have joined since the begin.
typedef struct ig_sentence_lists_counts {
  size_t sentences, tokens;  // tokens: of all their lists together
} ig_sentence_lists_counts;
ig_sentence_lists_counts ig_sentence_lists_counts_of(const ig_sentence_lists *lists);

// The decoder's steps, for sentences that have all joined. Not for sentences with terms.
ig_stepper ig_sentence_lists_stepper(ig_sentence_lists *lists);
#endif
