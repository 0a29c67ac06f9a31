// The directory that a fusion writes: OUTPUT.partial, which is renamed to OUTPUT when it is
// complete. Its journal tells which tensors are done, so that a fusion that was killed can go on.
// It goes on only with the same recipe, seed and inputs.
#ifndef IG_FUSE_RUN_STAGING_H
#define IG_FUSE_RUN_STAGING_H
#include <stdio.h>
#include "io/safetensors.h"

typedef struct ig_staging {
  char *output, *directory, *journal_path;
  FILE *journal;
  bool is_open;
  int descriptor;  // of the directory
  size_t header;   // bytes of the journal's first line
  bool resumed;
  bool *done;  // (tensors)
  size_t tensors;
  char **written;  // names of the files that this fusion writes, fusion.json left out
  size_t written_count, written_capacity;
} ig_staging;

// Fails if OUTPUT exists, or if OUTPUT.partial exists and is no unfinished fusion. Writes nothing.
ig_status ig_staging_check(const char *output, ig_error *err);

// Held by the one fusion that writes OUTPUT: two would mix their files.
typedef struct ig_staging_hold {
  char *directory;
  int descriptor;  // of the directory, which is locked as long as this is open
} ig_staging_hold;
// Makes OUTPUT.partial if it does not exist, and locks it until ig_staging_unlock or the end of the
// process, however that comes. That another fusion holds it is an error.
ig_status ig_staging_lock(const char *output, ig_staging_hold *hold, ig_error *err);
// Removes the directory if it is still empty.
void ig_staging_unlock(ig_staging_hold *hold);

// fingerprint: of everything that the result depends on. An OUTPUT that exists is an error.
// Links in the directory, and files with other names elsewhere, are errors; what no fusion wrote
// stays. ig_staging_close in any case.
ig_status ig_staging_open(const char *output, const char *fingerprint, size_t tensors,
                          ig_staging *out, ig_error *err);
// Notes that tensor `index` is written. ig_staging_flush writes the notes to the journal; the
// values must be on the disk by then.
ig_status ig_staging_mark_done(ig_staging *staging, size_t index, ig_error *err);
ig_status ig_staging_flush(ig_staging *staging, ig_error *err);
// Notes that the fusion writes a file of this name, before it does: in the journal, so that another
// fusion that begins here removes the file, and among those that fusion.json will name. Weights are
// noted by ig_staging_begin_weights.
ig_status ig_staging_claim(ig_staging *staging, const char *name, ig_error *err);
// Begins a file of weights, or goes on with what it holds if the fusion is resumed. If the file is
// not what the journal supposes, nothing that the journal says counts any more.
ig_status ig_staging_begin_weights(ig_staging *staging, const char *name,
                                   const ig_safetensors_output *tensors, size_t count,
                                   ig_safetensors_shard **out, ig_error *err);
// The directory is complete: removes the journal and renames the directory.
ig_status ig_staging_commit(ig_staging *staging, ig_error *err);
void ig_staging_close(ig_staging *staging);  // an unfinished directory stays
// Removes an unfinished directory that can never be completed.
void ig_staging_discard(ig_staging *staging);
#endif
