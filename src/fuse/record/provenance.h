// What a fusion was made from: recipe, version, seed, and a content hash of every input file. It
// stands in the output as fusion.json, with a hash of the output's own weights.
#ifndef IG_FUSE_RECORD_PROVENANCE_H
#define IG_FUSE_RECORD_PROVENANCE_H
#include "fuse/record/contents.h"

extern const char *const ig_provenance_name;  // "fusion.json"

// All but the files. stages: of the result, an array of the whole of it for the others; else NULL.
// *out: a new reference.
ig_status ig_provenance_make(const ig_fusion_plan *plan, const json_t *stages, json_t **out,
                             ig_error *err);
// A hash of it and of the inputs' stamps: a fusion of another fingerprint is another, though it may
// read files of the same content.
ig_status ig_provenance_fingerprint(const json_t *provenance, const ig_contents *contents,
                                    char text[IG_HASH_TEXT], ig_error *err);
// Adds the files, which have been hashed.
ig_status ig_provenance_add_contents(json_t *provenance, const ig_contents *contents,
                                     ig_error *err);
ig_status ig_provenance_save(const json_t *provenance, const char *directory, ig_error *err);
// The provenance of a model that is there, and the same but for its outputs as `expected`; else
// NULL.
json_t *ig_provenance_load_equal(const char *directory, const json_t *expected);
#endif
