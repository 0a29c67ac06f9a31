// Describes plans in words: what is read, what is written, and how much memory and disk that takes.
#ifndef IG_FUSE_PREVIEW_DESCRIBE_H
#define IG_FUSE_PREVIEW_DESCRIBE_H
#include "fuse/preview/preflight.h"

// threads: 0 stands for all cores. *out becomes a text of several lines, which the caller frees.
ig_status ig_describe_stages(const ig_stages *stages, const ig_preflight_needs *needs, int threads,
                             char **out, ig_error *err);
#endif
