// Whether two models have the same vocabulary. Each row of an embedding belongs to a piece, so
// models with different pieces must not be mixed row by row.
#ifndef IG_FUSE_PREVIEW_SAME_VOCABULARY_H
#define IG_FUSE_PREVIEW_SAME_VOCABULARY_H
#include "base/problems.h"
#include "fuse/input/fuse_models.h"

// Compares all files of vocabularies that both directories have. It is a problem if an id has
// different pieces in them, and a note if they have vocabularies in no common form.
ig_status ig_same_vocabulary_check(const ig_fuse_model *a, const ig_fuse_model *b,
                                   ig_problems *problems, ig_problems *notes, ig_error *err);
#endif
