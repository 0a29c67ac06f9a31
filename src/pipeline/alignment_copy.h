// An alignment that is kept: a copy, with all that it points to, in one block of memory.
#ifndef IG_PIPELINE_ALIGNMENT_COPY_H
#define IG_PIPELINE_ALIGNMENT_COPY_H
#include "ingot.h"

// *out is for the caller to free().
ig_status ig_alignment_copy_make(const ig_token_alignment *from, const ig_token_alignment **out,
                                 ig_error *err);
#endif
