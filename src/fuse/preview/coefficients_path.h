// Where the files of coefficients that are to be learned may be written.
#ifndef IG_FUSE_PREVIEW_COEFFICIENTS_PATH_H
#define IG_FUSE_PREVIEW_COEFFICIENTS_PATH_H
#include "fuse/plan/stages.h"

// Adds a problem for each such file that cannot be written, is what another stage writes, or would
// lie in what is written at `output` (NULL: there is none).
ig_status ig_coefficients_path_check(ig_stages *stages, const char *output, ig_error *err);
#endif
