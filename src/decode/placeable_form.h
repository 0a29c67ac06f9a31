// Can a sequence of tokens still be generated, or do bans exclude it? Only bans that hold in any
// context are looked at: another token before the sequence gets round the others.
#ifndef IG_DECODE_PLACEABLE_FORM_H
#define IG_DECODE_PLACEABLE_FORM_H
#include "decode/decode_options.h"

// Whether any hypothesis may have the form (length) in it: no bad word, suppressed token or
// repetition is inside it.
bool ig_placeable_form_ever(const ig_decode_options *options, const int *form, int length);

// A hypothesis that may go on with a form.
typedef struct ig_placeable_hypothesis {
  const int *ids;  // (count)
  int count;
  int no_repeat_ngram;  // 0: off
} ig_placeable_hypothesis;
// Whether the n-grams that may not be repeated leave room for the tokens of the form (length) from
// `begun` on, when those before are the hypothesis' last ones; begun 0: for the form anew.
bool ig_placeable_form_after(const ig_placeable_hypothesis *hypothesis, const int *form, int length,
                             int begun);
#endif
