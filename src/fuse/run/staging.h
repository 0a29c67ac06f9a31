// The directory that a fusion writes: OUTPUT.partial, which is renamed to OUTPUT when it is
// complete. Its journal tells which tensors are done, so that a fusion that was killed can go on.
// It goes on only with the same recipe, seed and inputs.
#ifndef IG_FUSE_RUN_STAGING_H
#define IG_FUSE_RUN_STAGING_H
#include <stdio.h>
#include "ingot/core.h"

typedef struct ig_staging {
  char *output, *directory, *journal_path;
  FILE *journal;
  bool resumed;
  bool *done;  // (tensors)
  size_t tensors;
} ig_staging;

// Fails if OUTPUT exists, or if OUTPUT.partial exists and is no unfinished fusion. Writes nothing.
ig_status ig_staging_check(const char *output, ig_error *err);
// Opens OUTPUT.partial, or makes it; an OUTPUT that exists is an error. fingerprint: of everything
// that the result depends on. ig_staging_close in any case.
ig_status ig_staging_open(const char *output, const char *fingerprint, size_t tensors,
                          ig_staging *out, ig_error *err);
// Notes that tensor `index` is written. ig_staging_flush writes the notes to the journal; the
// values must be on the disk by then.
ig_status ig_staging_mark_done(ig_staging *staging, size_t index, ig_error *err);
ig_status ig_staging_flush(ig_staging *staging, ig_error *err);
// Ends a directory that is complete: removes the journal and renames the directory.
ig_status ig_staging_commit(ig_staging *staging, ig_error *err);
void ig_staging_close(ig_staging *staging);  // an unfinished directory stays
// Removes an unfinished directory that can never be completed.
void ig_staging_discard(ig_staging *staging);
// Removes a directory that a fusion made, with its files. It need not exist. One without
// fusion.json is not touched, and that is an error.
ig_status ig_staging_remove(const char *directory, ig_error *err);
#endif
