// For every file that a fusion reads, and every file of weights that it writes: a hash of its
// content, and a stamp (device, inode, size, times of change) that detects changes without reading
// the file.
#ifndef IG_FUSE_RECORD_CONTENTS_H
#define IG_FUSE_RECORD_CONTENTS_H
#include "base/file.h"
#include "base/pool.h"
#include "fuse/plan/fusion_plan.h"
#include "io/content_hash.h"
#include "io/json.h"

typedef struct ig_content {
  char *path;
  const char *stage;     // the stage whose model the file belongs to; NULL: no stage's
  const char *recorded;  // what the record calls the file: its path, or only its name if it is
                         // in the directory of a stage or of the output
  char stamp[IG_STAMP_TEXT], hash[IG_HASH_TEXT];  // hash: "" before ig_contents_hash
  size_t bytes;
} ig_content;

typedef struct ig_contents {
  ig_hash_kind kind;
  ig_content *items;
  size_t count, capacity;
  size_t inputs;  // items[0 .. inputs - 1] are inputs, the rest outputs
} ig_contents;

// Lists and stamps every file that the result of the plan depends on. ig_contents_free in any case.
ig_status ig_contents_of_plan(const ig_fusion_plan *plan, ig_hash_kind kind, ig_contents *out,
                              ig_error *err);
// Adds what was written to the directory: `file` or, if that is NULL, a model's weights, in one
// file or in shards.
ig_status ig_contents_add_outputs(ig_contents *contents, const char *directory, const char *file,
                                  ig_error *err);
// Hashes the files that have no hash yet, on all threads. An input that changed since it was
// stamped is an error.
ig_status ig_contents_hash(ig_contents *contents, ig_pool *pool, ig_error *err);
// Describes files first .. end - 1 with their hashes as JSON, a new reference. NULL: out of memory.
json_t *ig_contents_json(const ig_contents *contents, size_t first, size_t end);
// Describes files (count) with their hashes as such a list, a new reference. Names that are NULL,
// and those that came before, are left out.
ig_status ig_contents_describe_files(const char *const *paths, size_t count, ig_hash_kind kind,
                                     json_t **out, ig_error *err);
// Lists the stamps of all inputs as JSON, a new reference. NULL: out of memory.
json_t *ig_contents_stamps(const ig_contents *contents);
void ig_contents_free(ig_contents *contents);
#endif
