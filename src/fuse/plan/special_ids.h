// Ids of special pieces ("eos_token_id") in config.json and generation_config.json. They change if
// the output has another vocabulary than its donor.
#ifndef IG_FUSE_PLAN_SPECIAL_IDS_H
#define IG_FUSE_PLAN_SPECIAL_IDS_H
#include "fuse/plan/fusion_plan.h"

// Replaces the ids in a configuration by those that the same pieces have in the output; an id whose
// piece the output lacks becomes null. false: out of memory.
bool ig_special_ids_map(const ig_alignment *alignment, json_t *config);
// Adds a problem for each id of the donor's configuration and of its generation_config.json whose
// piece the output lacks, and for each list of ids of which none is left; but not for ids that a
// model can do without.
ig_status ig_special_ids_check(ig_fusion_plan *plan, ig_error *err);
// Adds a note for each special piece that is another in another model. pieces: of all models.
ig_status ig_special_ids_compare(ig_fusion_plan *plan, const ig_pieces *pieces, ig_error *err);
#endif
