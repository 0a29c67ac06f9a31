// What becomes of the shortlists in the directories that a fused model's files are from.
#ifndef IG_FUSE_PREVIEW_SHORTLIST_NOTES_H
#define IG_FUSE_PREVIEW_SHORTLIST_NOTES_H
#include "base/problems.h"
#include "fuse/plan/fusion_plan.h"

// A shortlist fits vocabularies. That of the directory whose tokenizer the output gets goes along
// if the output has no other pieces.
ig_status ig_shortlist_notes_add(const ig_fusion_plan *plan, ig_problems *notes, ig_error *err);
#endif
