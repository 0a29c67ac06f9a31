// Files: reading at any place, reading, writing and copying whole. What is written appears as a
// whole or not at all (base/writer.h).
#ifndef IG_BASE_FILE_H
#define IG_BASE_FILE_H
#include <stddef.h>
#include <stdio.h>
#include "ingot/core.h"

// A regular file open for reading. Files are not mapped: if another process cut a mapped file
// short, this one would die of SIGBUS.
typedef struct ig_file {
  bool open;
  int handle;  // -1: the file rests (ig_file_rest)
  size_t size;
  unsigned long long device, inode;  // by which it is known again
} ig_file;
ig_status ig_file_open(ig_file *file, const char *path, ig_error *err);
// Reads `size` bytes from `offset` on; IG_ERROR_FORMAT if the file ends before. path: for messages.
// Thread-safe.
ig_status ig_file_read(const ig_file *file, const char *path, size_t offset, void *to, size_t size,
                       ig_error *err);
// Fails unless the path leads to a regular file that can be read.
ig_status ig_file_check_regular(const char *path, ig_error *err);
// Opens a regular file to append to it, and makes it if it does not exist. The caller closes *out.
ig_status ig_file_open_to_append(const char *path, FILE **out, ig_error *err);
void ig_file_close(ig_file *file);  // harmless on a zeroed one
// Whether a descriptor of this number is one of so many that files should rest: half of those that
// the process may have are left for other uses.
bool ig_file_is_crowded(int handle);
// Gives the descriptor back. ig_file_read then opens the file for each read, by its path, and fails
// with IG_ERROR_FORMAT if another file is there.
void ig_file_rest(ig_file *file);

// Reads a whole file and puts a NUL after it. The caller frees *out. size may be NULL. More than
// IG_FILE_MOST_BYTES are an error, as is anything but a regular file.
#define IG_FILE_MOST_BYTES ((size_t)256 << 20)
ig_status ig_file_load(const char *path, char **out, size_t *size, ig_error *err);
// The same of a file or a pipe, of `most` bytes at most. The interrupter ends the waiting for a
// pipe; NULL: nothing does.
ig_status ig_file_load_stream(const char *path, const ig_interrupter *interrupter, size_t most,
                              char **out, size_t *size, ig_error *err);
// Writes a whole file, atomically.
ig_status ig_file_write(const char *path, const void *data, size_t size, ig_error *err);
// The same for an output that the user named, as ig_writer_open_named opens it.
ig_status ig_file_write_named(const char *path, const void *data, size_t size, ig_error *err);
ig_status ig_file_copy(const char *from, const char *to, ig_error *err);  // atomic

// True if there is a file, or a directory, of this name; the second is false, too, if memory is
// out.
bool ig_file_exists(const char *path);
bool ig_file_exists_in(const char *directory, const char *name);

enum { IG_STAMP_TEXT = 128 };
// Which file it is (device and inode), its size, and when it last changed. The same text means, as
// good as certainly, the same content: the kernel's time of change cannot be set by a program.
ig_status ig_file_stamp(const char *path, char text[IG_STAMP_TEXT], size_t *bytes, ig_error *err);
#endif
