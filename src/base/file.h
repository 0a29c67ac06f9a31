// Files: reading at any place, reading whole, atomic writes.
#ifndef IG_BASE_FILE_H
#define IG_BASE_FILE_H
#include <stddef.h>
#include <stdio.h>
#include "ingot/core.h"

// A regular file open for reading. Files are not mapped: one that another process cuts short would
// end this one by SIGBUS.
typedef struct ig_file {
  bool open;
  int handle;
  size_t size;
} ig_file;
ig_status ig_file_open(ig_file *file, const char *path, ig_error *err);
// `size` bytes from `offset` on; IG_ERROR_FORMAT where the file ends before. path: for messages.
// Thread-safe.
ig_status ig_file_read(const ig_file *file, const char *path, size_t offset, void *to, size_t size,
                       ig_error *err);
void ig_file_close(ig_file *file);  // harmless on a zeroed one

// A whole file in memory, NUL behind it for text; *out for the caller to free().
ig_status ig_file_load(const char *path, char **out, size_t *size, ig_error *err);

// Writes to a temporary file in the same directory; ig_writer_commit fsyncs, renames over path and
// fsyncs the directory. Without a commit (ig_writer_abandon, or a crash) path keeps what it held.
typedef struct ig_writer {
  FILE *file;
  char *path, *temporary;
} ig_writer;
ig_status ig_writer_open(ig_writer *writer, const char *path, ig_error *err);
ig_status ig_writer_write(ig_writer *writer, const void *data, size_t size, ig_error *err);
ig_status ig_writer_commit(ig_writer *writer, ig_error *err);  // closes and frees whatever happens
void ig_writer_abandon(ig_writer *writer);                     // harmless after a commit
ig_status ig_file_write(const char *path, const void *data, size_t size,
                        ig_error *err);  // the three in one

// Whether name is that of a writer's temporary: FILE.tmp-PROCESS-COUNT; for a file of this name.
bool ig_writer_is_temporary(const char *name);
bool ig_writer_is_temporary_of(const char *name, const char *file);

enum { IG_STAMP_TEXT = 128 };
// Which file it is, its size, and when it last changed: the same text, as good as certainly the
// same content, for the kernel's time of change cannot be set.
ig_status ig_file_stamp(const char *path, char text[IG_STAMP_TEXT], size_t *bytes, ig_error *err);

ig_status ig_path_make_directories(const char *path, ig_error *err);  // mkdir -p
// A rename lives in its directory: fsyncs the one that path is in, for without this a crash of the
// machine may undo it.
ig_status ig_path_sync_parent(const char *path, ig_error *err);
bool ig_file_exists(const char *path);
bool ig_file_exists_in(const char *directory, const char *name);  // false too if memory is out
ig_status ig_file_copy(const char *from, const char *to, ig_error *err);  // atomic
// directory/name, for the caller to free(); NULL with err filled when memory is out.
char *ig_path_join(const char *directory, const char *name, ig_error *err);
#endif
