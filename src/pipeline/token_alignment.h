// Hands the alignment of a pair to the caller.
#ifndef IG_PIPELINE_TOKEN_ALIGNMENT_H
#define IG_PIPELINE_TOKEN_ALIGNMENT_H
#include "pipeline/reviewed_pair.h"

// In the order of the output, for positions go on in the next sentence of a line.
ig_status ig_token_alignment_hand_out(ig_translator *translator, const ig_reviewed_pair *pair,
                                      ig_error *err);
#endif
