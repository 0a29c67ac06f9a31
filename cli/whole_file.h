// Files that are written as a whole, atomically.
#ifndef CLI_WHOLE_FILE_H
#define CLI_WHOLE_FILE_H
#include <stdio.h>
#include <sys/types.h>

#include "ingot.h"

// A file that grows beside its place, as PATH.tmp-XXXXXX, until it is complete. What is no regular
// file is written directly. Start from {0}; cli_whole_file_close in any case.
typedef struct cli_whole_file {
  FILE *file;  // to write to; NULL: closed
  const char *path;
  char *final;  // its place; NULL: written directly
  char *temporary;
  mode_t mode;  // that the complete file gets
} cli_whole_file;

// path NULL or "-": standard output.
ig_status cli_whole_file_open(cli_whole_file *file, const char *path, ig_error *err);
// The file is complete.
ig_status cli_whole_file_commit(cli_whole_file *file, ig_error *err);
// Removes a file that is not complete; harmless on one that is, and on {0}.
void cli_whole_file_close(cli_whole_file *file);
// Could the file be written now? To be asked before long work.
ig_status cli_whole_file_check(const char *path, ig_error *err);
// A small file, at once.
ig_status cli_whole_file_write(const char *path, const char *text, size_t size, ig_error *err);
#endif
