// What a fusion was made from: recipe, version, seed, and a content hash of every input file. It stands in the output as fusion.json, with a hash of the
// output's own weights.
#ifndef IG_FUSE_PROVENANCE_H
#define IG_FUSE_PROVENANCE_H
#include "base/pool.h"
#include "fuse/plan.h"
#include "io/content_hash.h"

extern const char *const ig_provenance_name;  // "fusion.json"

// Reads every input file once, on all threads. stages: of the result, an array of what ig_provenance_make and _add_outputs gave for the others; else NULL.
// *out: a new reference.
ig_status ig_provenance_make(const ig_plan *plan, ig_hash_kind kind, ig_pool *pool, const json_t *stages, json_t **out, ig_error *err);
// A hash of all of it.
ig_status ig_provenance_fingerprint(const json_t *provenance, char text[IG_HASH_TEXT], ig_error *err);
// Adds the hashes of the weights that stand in the directory.
ig_status ig_provenance_add_outputs(json_t *provenance, const char *directory, ig_hash_kind kind, ig_pool *pool, ig_error *err);
ig_status ig_provenance_save(const json_t *provenance, const char *directory, ig_error *err);
// The provenance of a model that is there, and the same but for its outputs as `expected`; else NULL.
json_t *ig_provenance_load_equal(const char *directory, const json_t *expected);
#endif
