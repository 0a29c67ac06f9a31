// Greedy search: the largest score wins, no softmax needed; the first index wins ties.
#ifndef IG_DECODE_GREEDY_H
#define IG_DECODE_GREEDY_H
#include "decode/sentence.h"

// Chooses sentence->next from the logits of `row`, which may be changed, or from what was chosen of
// them; sets done (the hypothesis is then in slot 0, with its score or 0: score_greedy) or failed.
void ig_greedy_select(const ig_selection *selection, ig_sentence *sentence, int row);
#endif
