// Checks that are made before any weight is read, besides those of planning: whether the models
// belong together, and whether the output can be written.
#ifndef IG_FUSE_PREVIEW_PREFLIGHT_H
#define IG_FUSE_PREVIEW_PREFLIGHT_H
#include "fuse/plan/stages.h"
#include "ingot.h"

// Compares configurations and vocabularies, for tensors of the same shapes can still belong to
// other heads, norms, activations or pieces. Adds notes of what does not go into the output.
ig_status ig_preflight_models(const ig_fusion_plan *plan, ig_problems *problems, ig_problems *notes,
                              ig_error *err);

typedef struct ig_preflight_needs {
  char *directory;  // the nearest one above the output that exists; owned
  size_t needed, available, memory;
} ig_preflight_needs;

// Measures what the stages need: the bytes of all their models, and of statistics that are not kept
// elsewhere, on the disk of `output`; and the bytes of memory of the stage that takes most, for its
// buffers or for what comes before: 0 if there are problems already.
// Space that an unfinished fusion of this output takes there counts as available.
ig_status ig_preflight_measure(const ig_stages *stages, const char *output,
                               const ig_fuse_options *options, ig_preflight_needs *out,
                               ig_error *err);
// Adds a problem if the output exists, is an input or cannot be written there, if it does not fit
// on the disk, or if the buffers do not fit into memory.
ig_status ig_preflight_output(const ig_stages *stages, const char *output,
                              const ig_preflight_needs *needs, ig_problems *problems,
                              ig_error *err);
#endif
