// Removes directories that fusions made. Only files that the fusion wrote are removed: those that
// fusion.json names, and fusion.json itself.
#ifndef IG_FUSE_RUN_MADE_DIRECTORY_H
#define IG_FUSE_RUN_MADE_DIRECTORY_H
#include "base/report.h"

// Removes the directory, which need not exist. It is an error, and nothing is removed, if anything
// else is in it, or if it has no fusion.json.
ig_status ig_made_directory_remove(const char *directory, ig_error *err);
// The same, but a directory with anything else in it stays whole, which a warning tells.
ig_status ig_made_directory_remove_or_tell(const char *directory, const ig_reporter *reporter,
                                           ig_error *err);
// Fails where ig_made_directory_remove would refuse. Removes nothing.
ig_status ig_made_directory_check(const char *directory, ig_error *err);

// Removes NAME or FOLDER/NAME of a directory that is open, and the folder if that was its last
// file. Links are not followed; other names are left alone. That there is no such file is fine.
// directory: for messages.
ig_status ig_made_directory_remove_file(int descriptor, const char *directory, const char *name,
                                        ig_error *err);
// Does so with all files that the directory's fusion.json names, if it exists and can be read.
ig_status ig_made_directory_remove_named(int descriptor, const char *directory, ig_error *err);
#endif
