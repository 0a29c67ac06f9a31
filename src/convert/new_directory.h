// A directory that is made as a whole: its files are written to OUTPUT.partial, which is renamed to
// OUTPUT when it is complete. Whatever ends the work before leaves nothing, unless it kills the
// process.
#ifndef IG_CONVERT_NEW_DIRECTORY_H
#define IG_CONVERT_NEW_DIRECTORY_H
#include <stdbool.h>
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_new_directory {
  char *output, *partial;
  bool made;     // partial exists and is ours
  char **files;  // names of those in it
  size_t count, capacity;
} ig_new_directory;  // start from {0}

// Makes OUTPUT.partial. That it or OUTPUT exists already is an error. ig_new_directory_end in any
// case.
ig_status ig_new_directory_begin(const char *output, ig_new_directory *out, ig_error *err);
// Names a file that is about to be written, "vocab.json" or "FOLDER/NAME", and makes its folder.
// *path: where it is to be written, for free().
ig_status ig_new_directory_add(ig_new_directory *d, const char *name, char **path, ig_error *err);
// The directory is complete, and its files are on the disk.
ig_status ig_new_directory_commit(ig_new_directory *d, ig_error *err);
// Removes what was not committed.
void ig_new_directory_end(ig_new_directory *d);
#endif
