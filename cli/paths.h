// What the paths of the command line lead to.
#ifndef CLI_PATHS_H
#define CLI_PATHS_H
#include <stdbool.h>
#include <stdio.h>

#include "ingot.h"

// NULL or "-": standard input or output.
bool cli_is_standard(const char *path);
// Is it written to as it is, and not replaced as a whole? A terminal, a pipe, a device; and what
// names a descriptor of this process (/dev/stdout, /dev/fd/3), whatever that leads to.
bool cli_is_direct(const char *path);
// Opens such an output; NULL: errno says why not.
FILE *cli_open_direct(const char *path);
// Is it "~", or does it begin with "~/"? A shell would have made the home directory of it; as an
// output it would be a directory of this name. NULL: no.
bool cli_begins_with_home(const char *path);
// Do both paths lead to one regular file, or would they make one?
bool cli_same_file(const char *one, const char *other);
// *found: does the path lead to a file by which the model of that name, or an adapter, is loaded:
// weights, configurations, vocabularies? Files that do not exist yet are none. A directory that
// exists and cannot be listed to its end is an error.
ig_status cli_find_file_of_model(const char *path, const char *model, bool *found, ig_error *err);
// The path without its symbolic links, which are not replaced when a file is written through them,
// even if they point to nothing yet. For the caller to free(); NULL: it does not exist although
// `exists` says so, or memory is out.
char *cli_final_path(const char *path, bool exists);
#endif
