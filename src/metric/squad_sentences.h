// Texts of which the official script of CMRC 2018 may cut sentences before words.
#ifndef IG_METRIC_SQUAD_SENTENCES_H
#define IG_METRIC_SQUAD_SENTENCES_H
#include "data/squad.h"
#include "metric/squad_predictions.h"

// How many answers and predictions hold what may be the end of a sentence, followed by more, in
// other letters than Chinese ones. The script cuts there by a trained model (NLTK's Punkt), which
// is not built here; a word is another one where that cuts a full stop off. Tells the reporter the
// first ten, and their number.
size_t ig_squad_sentences_tell(const ig_squad *squad, const ig_squad_predictions *predictions,
                               const ig_reporter *reporter);
#endif
