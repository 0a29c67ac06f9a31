// A review of a window: what each token of a translation, or of a given target, attends to in its
// source, for alignments, and for copies of what the vocabulary lacks. The targets go through the
// model once more, all tokens of each at once, as in scoring: a search pays nothing for it, and of
// a beam search it is the winner that is looked at (docs/decisions/alignments.md).
#ifndef IG_PIPELINE_REVIEW_H
#define IG_PIPELINE_REVIEW_H
#include "pipeline/translator.h"

// Hands out the alignments of the window's sentences, in their order, and completes their
// translations: with log-probabilities, copies, alignments.
ig_status ig_review_window(ig_translator *translator, bool scoring, ig_error *err);
#endif
