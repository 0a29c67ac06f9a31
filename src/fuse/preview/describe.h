// Describes plans in words: what is read, what is written, and how much memory and disk that takes.
#ifndef IG_FUSE_PREVIEW_DESCRIBE_H
#define IG_FUSE_PREVIEW_DESCRIBE_H
#include "fuse/preview/preflight.h"

// threads 0: all cores. *out: malloc'ed text of several lines, for the caller.
ig_status ig_describe_stages(const ig_stages *stages, const ig_preflight_needs *needs, int threads,
                             char **out, ig_error *err);
#endif
