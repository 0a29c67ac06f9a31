// Whether two paths lead to the same place.
#ifndef IG_BASE_PATH_RELATION_H
#define IG_BASE_PATH_RELATION_H
#include <sys/stat.h>
#include "ingot/core.h"

// True if the path leads to this file, which exists.
bool ig_path_relation_is_file(const char *path, const struct stat *file);
// Whether an entry of the directory is this file, or leads to it. What is no directory, or NULL,
// has no entries.
ig_status ig_path_relation_find_entry(const char *directory, const struct stat *file, bool *found,
                                      ig_error *err);
// Whether a path is `directory` itself, or in it at whatever depth, when all that exists of both is
// resolved.
ig_status ig_path_relation_is_within(const char *path, const char *directory, bool *within,
                                     ig_error *err);
#endif
