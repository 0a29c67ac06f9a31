// Beam search exactly as Hugging Face's (transformers 5.23, generation/utils.py _beam_search and
// the methods it calls), one sentence at a time: a candidate's score is the sum of
// log-probabilities; of the 2 * beam_size best (more, where several tokens end), those that end may
// finish if they rank among the first beam_size, and the best that do not end run on. Ties go to
// the lower (row, token). No row offers more than as many tokens as are wanted of all, those with
// the largest logits.
#ifndef IG_DECODE_BEAM_H
#define IG_DECODE_BEAM_H
#include "decode/sentence.h"

// Chooses sentence->next from the logits of its rows, which may be changed, or from what was chosen
// of them; moves finished hypotheses into the slots and sets done or failed.
void ig_beam_select(const ig_selection *selection, ig_sentence *sentence);
#endif
