// Where the page of a comparison may be written: not over what the fusion reads or writes.
#ifndef IG_FUSE_PREVIEW_REPORT_PATH_H
#define IG_FUSE_PREVIEW_REPORT_PATH_H
#include "fuse/plan/stages.h"

// Adds a problem if the page would replace the recipe, a file in the directory of an input, or what
// is at `output` (NULL: there is none), by whatever name.
ig_status ig_report_path_check(ig_stages *stages, const char *report, const char *output,
                               ig_error *err);
#endif
