// What can be known to go wrong before any weight is read, besides what planning finds: models that
// do not belong together, an output that cannot be written.
#ifndef IG_FUSE_PREVIEW_PREFLIGHT_H
#define IG_FUSE_PREVIEW_PREFLIGHT_H
#include "fuse/plan/stages.h"

// Configurations and vocabularies say what tensors do not: the same shapes can be those of other
// heads, norms, activations, pieces.
ig_status ig_preflight_models(const ig_fusion_plan *plan, ig_problems *problems, ig_error *err);

typedef struct ig_preflight_needs {
  char *directory;  // the nearest one above the output that is there; owned
  size_t needed, available, memory;
} ig_preflight_needs;

// Of all stages: bytes on the disk of `output`, and of buffers (where there are no problems yet).
// What an unfinished fusion has there already counts as available.
ig_status ig_preflight_measure(const ig_stages *stages, const char *output, int threads,
                               ig_preflight_needs *out, ig_error *err);
// Is the output new, is it none of the inputs, can it be written there, is there room for it on the
// disk and for the buffers in memory?
ig_status ig_preflight_output(const ig_stages *stages, const char *output,
                              const ig_preflight_needs *needs, ig_problems *problems,
                              ig_error *err);
#endif
