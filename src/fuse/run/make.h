// Makes the directory of one fusion's product: weights, companions and provenance.
#ifndef IG_FUSE_RUN_MAKE_H
#define IG_FUSE_RUN_MAKE_H
#include "fuse/run/fusion_product.h"

// Writes all files of `output` into its staging directory, or goes on with what an unfinished
// fusion of the same left there. They stay there until the caller calls ig_staging_commit, which
// renames the directory to `output`. writing->staging is set to `staging`; ig_staging_close in any
// case.
ig_status ig_make_staged(ig_fusion_writing *writing, const char *output, ig_staging *staging,
                         ig_error *err);
// Does the same, and commits the directory.
ig_status ig_make_directory(ig_fusion_writing *writing, const char *output, ig_error *err);
#endif
