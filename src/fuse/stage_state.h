// What learning and searching share: the file in OUTPUT.stages that keeps how far a stage is, and
// what must be the same for it to go on.
#ifndef IG_FUSE_STAGE_STATE_H
#define IG_FUSE_STAGE_STATE_H
#include "fuse/plan/fusion_plan.h"
#include "fuse/record/contents.h"

enum { IG_STAGE_STATE_NAME = 32 };

// "KIND+INDEX.json": kind is "learning" or "search". No stage has a name with a '+'.
void ig_stage_state_name(const char *kind, size_t index, char name[IG_STAGE_STATE_NAME]);
// A hash of the plan's recipe and the stamps of all its models.
ig_status ig_stage_state_identify(const ig_fusion_plan *plan, ig_hash_kind hashes,
                                  char identity[IG_HASH_TEXT], ig_error *err);
// Removes the file, and those that were being written when a run was killed.
ig_status ig_stage_state_forget(const char *directory, const char *kind, size_t index,
                                ig_error *err);
#endif
