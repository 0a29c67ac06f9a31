// What a fusion was made from: recipe, version, seed, and a hash of what every input file holds. It
// is written into the output's directory as fusion.json, with hashes of the output's own weights.
#ifndef IG_FUSE_RECORD_PROVENANCE_H
#define IG_FUSE_RECORD_PROVENANCE_H
#include "fuse/record/contents.h"

extern const char *const ig_provenance_name;   // "fusion.json"
extern const char *const ig_provenance_files;  // its key for what the fusion wrote: "files"
extern const char *const ig_provenance_found;  // its key for what was found out on the way: "found"

typedef struct ig_provenance {
  json_t *json;  // the description; ig_provenance_hash adds the files
  ig_contents contents;
} ig_provenance;

// What the provenance tells besides the plan.
typedef struct ig_provenance_options {
  ig_hash_kind hashes;
  json_t *stages;      // for the result: the whole provenance of each other stage; NULL or []: none
  json_t *scores;      // by which the models were chosen; NULL: not by scores
  json_t *learned;     // how the coefficients were found; NULL: they are the recipe's own
  json_t *statistics;  // what the models' statistics are of; NULL: there are none
  json_t *searched;    // how the values of names were found; NULL: the recipe had none
  size_t shard_bytes;  // 0: one file
} ig_provenance_options;

// Stamps all input files and describes the fusion. ig_provenance_free in any case.
ig_status ig_provenance_begin(const ig_fusion_plan *plan, const ig_provenance_options *options,
                              ig_provenance *out, ig_error *err);
void ig_provenance_free(ig_provenance *provenance);
// A hash of the description and of the inputs' stamps. Fusions with different fingerprints are not
// the same, though they may read files of the same content.
ig_status ig_provenance_fingerprint(const ig_provenance *provenance, char text[IG_HASH_TEXT],
                                    ig_error *err);
// Hashes the contents and adds them to the JSON.
ig_status ig_provenance_hash(ig_provenance *provenance, ig_pool *pool, ig_error *err);
// Adds the names of the files that the fusion wrote, as they are in its directory.
ig_status ig_provenance_name_files(ig_provenance *provenance, char *const *names, size_t count,
                                   ig_error *err);
ig_status ig_provenance_save(const ig_provenance *provenance, const char *directory, ig_error *err);
// Looks for a model in the directory that was made from the same inputs in the same way. *found is
// the provenance of that model, or NULL if there is none. Inputs are hashed to find out.
ig_status ig_provenance_find_same(ig_provenance *provenance, const char *directory, ig_pool *pool,
                                  json_t **found, ig_error *err);
#endif
