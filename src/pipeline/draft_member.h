// The model that drafts for an engine's member (decode/draft.h).
#ifndef IG_PIPELINE_DRAFT_MEMBER_H
#define IG_PIPELINE_DRAFT_MEMBER_H
#include "pipeline/members.h"

// Loads it from its directory and checks that it reads and writes the ids of the members that have
// been loaded, of an ensemble of one model. They own it. Its weights are int8, for nothing but its
// guesses depends on them. Where the members have a tokenizer, it must have one, too. A shortlist
// in its directory is read with it.
ig_status ig_draft_member_load(ig_engine_members *members, const ig_ensemble *ensemble,
                               const char *directory, const ig_members_loading *how, ig_error *err);
#endif
