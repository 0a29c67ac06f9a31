// Where the page of a comparison may be written: not over what the fusion reads or writes.
#ifndef IG_FUSE_PREVIEW_REPORT_PATH_H
#define IG_FUSE_PREVIEW_REPORT_PATH_H
#include "fuse/plan/stages.h"
#include "ingot.h"

// Adds a problem if the page, options->report_path, would replace the recipe, a file in the
// directory of an input, data, coefficients, what is at `output` (NULL: there is none), by whatever
// name, or any other file that is no page.
ig_status ig_report_path_check(ig_stages *stages, const ig_fuse_options *options,
                               const char *output, ig_error *err);
// Adds a problem if `given`, of which `what` tells, as "the statistics", is or lies in what is
// written at `output`.
ig_status ig_report_path_check_output(ig_stages *stages, const char *what, const char *given,
                                      const char *output, ig_error *err);
#endif
