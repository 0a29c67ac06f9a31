// Names of files and directories, and what is done to directories. Strings that are returned are
// for the caller to free(); NULL with err filled means that memory is out.
#ifndef IG_BASE_PATH_H
#define IG_BASE_PATH_H
#include "ingot/core.h"

char *ig_path_join(const char *directory, const char *name, ig_error *err);  // directory/name
// The path without slashes at its end, and `suffix` after it: "a/b/" and ".tmp" give "a/b.tmp".
char *ig_path_with_suffix(const char *path, const char *suffix, ig_error *err);
// The directory that the path is in: "a" for "a/b" and "a/b/", "." for "b", "/" for "/b" and "/".
char *ig_path_parent(const char *path, ig_error *err);
const char *ig_path_base_name(const char *path);  // what follows the last slash; borrowed
// The descriptor of this process that the path names (/dev/stdout, /dev/fd/3), or -1. To open the
// path instead would begin at the start of the file that the descriptor leads to.
int ig_path_descriptor(const char *path);

// IG_ERROR_ARGUMENT if an output's path is "~" or begins with "~/": a shell would have made the
// home directory of it, and here it would be a directory of this name. path NULL: IG_OK.
ig_status ig_path_refuse_home(const char *path, ig_error *err);
ig_status ig_path_make_directories(const char *path, ig_error *err);  // mkdir -p
// The same for the directory that the path's file or directory is in.
ig_status ig_path_make_parent(const char *path, ig_error *err);
// fsyncs a directory; the second, the one that path is in. A rename is an entry of its directory:
// without this a crash of the machine may undo it.
ig_status ig_path_sync(const char *directory, ig_error *err);
ig_status ig_path_sync_parent(const char *path, ig_error *err);
#endif
