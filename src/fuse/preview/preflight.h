// Checks before any weight is read, besides those of planning: models that do not belong together,
// an output that cannot be written.
#ifndef IG_FUSE_PREVIEW_PREFLIGHT_H
#define IG_FUSE_PREVIEW_PREFLIGHT_H
#include "fuse/plan/stages.h"

// Compares configurations and vocabularies, for tensors of the same shapes can still be those of
// other heads, norms, activations or pieces.
ig_status ig_preflight_models(const ig_fusion_plan *plan, ig_problems *problems, ig_error *err);

typedef struct ig_preflight_needs {
  char *directory;  // the nearest one above the output that exists; owned
  size_t needed, available, memory;
} ig_preflight_needs;

// Measures what all stages need: bytes on the disk of `output`, and of buffers (only if there are
// no problems yet). What an unfinished fusion has written there counts as available.
ig_status ig_preflight_measure(const ig_stages *stages, const char *output, int threads,
                               ig_preflight_needs *out, ig_error *err);
// Adds a problem if the output exists, is an input, cannot be written there, or if it does not fit
// on the disk or the buffers do not fit into memory.
ig_status ig_preflight_output(const ig_stages *stages, const char *output,
                              const ig_preflight_needs *needs, ig_problems *problems,
                              ig_error *err);
#endif
