// The page of --report: what a fusion has found, and how its inputs compare.
#ifndef IG_FUSE_REPORT_PAGE_H
#define IG_FUSE_REPORT_PAGE_H
#include <jansson.h>
#include "base/pool.h"
#include "fuse/plan/fusion_plan.h"

// Reads all inputs of the plan once. record: of the fusion as it is about to be carried out
// (fuse/record/provenance.h); NULL: nothing is found yet.
ig_status ig_report_page_write(const ig_fusion_plan *plan, ig_pool *pool, const json_t *record,
                               const char *path, ig_error *err);
#endif
