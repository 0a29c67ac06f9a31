// The directory in which a fusion grows: OUTPUT.partial, renamed to OUTPUT when all is there. Its
// journal tells which tensors are done, so that a fusion that was killed goes on; it goes on only
// with the same recipe, seed and inputs.
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

// Is OUTPUT new, and OUTPUT.partial, if it is there, an unfinished fusion? Writes nothing.
ig_status ig_staging_check(const char *output, ig_error *err);
// fingerprint: of everything that the result depends on. An OUTPUT that exists is an error.
// ig_staging_close in any case.
ig_status ig_staging_open(const char *output, const char *fingerprint, size_t tensors,
                          ig_staging *out, ig_error *err);
// Tensor `index` is written; ig_staging_flush tells the journal, once the values are on the disk.
ig_status ig_staging_mark_done(ig_staging *staging, size_t index, ig_error *err);
ig_status ig_staging_flush(ig_staging *staging, ig_error *err);
// Everything is there: the journal goes, the directory gets its name.
ig_status ig_staging_commit(ig_staging *staging, ig_error *err);
void ig_staging_close(ig_staging *staging);  // what is unfinished stays
// What is unfinished goes: it can never be finished.
void ig_staging_discard(ig_staging *staging);
// Removes a directory that a fusion made, with its files. One that is not there is fine; one
// without fusion.json is not touched, which is an error.
ig_status ig_staging_remove(const char *directory, ig_error *err);
#endif
