// --keep-unknown: what the vocabulary lacks is copied from the source into the translation.
#ifndef IG_PIPELINE_KEPT_UNKNOWN_H
#define IG_PIPELINE_KEPT_UNKNOWN_H
#include "pipeline/reviewed_pair.h"

// Is there an unknown token in the translation?
bool ig_kept_unknown_occurs(const ig_translator *translator, const ig_ids *target);
// Writes the output of the sentence that these pairs, its n best, belong to, anew, if the review
// has anything to say: scores, and if they are asked for copies in the places of unknown tokens.
ig_status ig_kept_unknown_rewrite(ig_translator *translator, const ig_reviewed_pair *pairs,
                                  ig_error *err);
// A source of which the vocabulary has nothing is its own translation.
ig_status ig_kept_unknown_copy_source(ig_translator *translator, ig_window_sentence *sentence,
                                      ig_error *err);
#endif
