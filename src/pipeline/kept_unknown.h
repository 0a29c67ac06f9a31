// --keep-unknown: what the vocabulary lacks is copied from the source into the translation.
#ifndef IG_PIPELINE_KEPT_UNKNOWN_H
#define IG_PIPELINE_KEPT_UNKNOWN_H
#include "pipeline/reviewed_pair.h"

// Is there an unknown token in the translation?
bool ig_kept_unknown_occurs(const ig_translator *translator, const ig_ids *target);
// Puts copies into the translation that the pair is of, in the places of unknown tokens.
ig_status ig_kept_unknown_rewrite(ig_translator *translator, const ig_reviewed_pair *pair,
                                  ig_error *err);
// A source of which the vocabulary has nothing is its own translation.
ig_status ig_kept_unknown_copy_source(ig_translator *translator, ig_window_sentence *sentence,
                                      ig_error *err);
#endif
