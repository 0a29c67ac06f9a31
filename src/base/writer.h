// Atomic writing. The bytes go to a temporary file in the same directory; ig_writer_commit fsyncs
// it, renames it over the path and fsyncs the directory. Without a commit (ig_writer_abandon, or a
// crash) the path keeps what it held.
#ifndef IG_BASE_WRITER_H
#define IG_BASE_WRITER_H
#include <stddef.h>
#include <stdio.h>
#include "ingot/core.h"

typedef struct ig_writer {
  FILE *file;
  char *path, *temporary;  // temporary NULL: path is no regular file and is written to directly
} ig_writer;
// Anything but a regular file at the path is an error: a pipe would keep the caller waiting.
ig_status ig_writer_open(ig_writer *writer, const char *path, ig_error *err);
// The same for an output that the user named: a terminal, a pipe or a device is written to
// directly, and so is a descriptor of this process (/dev/stdout), whatever it leads to.
ig_status ig_writer_open_named(ig_writer *writer, const char *path, ig_error *err);
// Fails where such an output cannot be written. Nothing is left of it, and no pipe is opened.
ig_status ig_writer_check_named(const char *path, ig_error *err);
ig_status ig_writer_write(ig_writer *writer, const void *data, size_t size, ig_error *err);
ig_status ig_writer_commit(ig_writer *writer, ig_error *err);  // closes and frees in any case
void ig_writer_abandon(ig_writer *writer);                     // harmless after a commit

// True if `name` is that of a writer's temporary file, FILE.tmp-PROCESS-COUNT: of any file, or of
// this one.
bool ig_writer_is_temporary(const char *name);
bool ig_writer_is_temporary_of(const char *name, const char *file);
#endif
