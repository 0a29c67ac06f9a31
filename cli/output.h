// Lines out: a file is replaced only when everything has been written.
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H
#include <stdio.h>
#include "ingot.h"

typedef struct cli_output {
  FILE *file;
  char *path;       // where the temporary goes in the end; NULL: the file is written directly
  char *temporary;  // in the same directory
  const char *name;
} cli_output;

// path NULL or "-": standard output. Anything that is no regular file (a device, a pipe) is written
// directly, never replaced.
ig_status cli_output_open(cli_output *output, const char *path, ig_error *err);
ig_status cli_output_line(cli_output *output, const char *line, size_t length, ig_error *err);
ig_status cli_output_flush(cli_output *output, ig_error *err);
// Flushes, fsyncs, renames; closes whatever happens.
ig_status cli_output_commit(cli_output *output, ig_error *err);
// Closes and removes the temporary, so that the old file, if any, stays. Harmless after a commit or
// on a zeroed output.
void cli_output_abandon(cli_output *output);
#endif
