// What a fusion was made from: recipe, version, seed, and a content hash of every input file. It stands in the output as fusion.json.
#ifndef IG_FUSE_PROVENANCE_H
#define IG_FUSE_PROVENANCE_H
#include "base/pool.h"
#include "fuse/plan.h"
#include "io/content_hash.h"

// Reads every input file once, on all threads. *out: a new reference.
ig_status ig_provenance_make(const ig_plan *plan, ig_hash_kind kind, ig_pool *pool, json_t **out, ig_error *err);
// A hash of all of it.
ig_status ig_provenance_fingerprint(const json_t *provenance, char text[IG_HASH_TEXT], ig_error *err);
#endif
