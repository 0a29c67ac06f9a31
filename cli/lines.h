// Lines in, lines out: `-` is standard input or output, files are replaced only when everything has
// been written.
#ifndef CLI_LINES_H
#define CLI_LINES_H
#include <stdio.h>
#include "ingot.h"

typedef struct cli_input {
  int descriptor;
  const char *name;  // for messages
  char *buffer;      // [begin, end) has been read from the file and not yet been given out; [begin,
                     // scanned) has no newline
  size_t begin, scanned, end, capacity;
  bool ended;   // there is nothing behind the buffer
  int failure;  // errno of what went wrong there, 0 where it is the end
  int waits;    // of cli_input_ready
} cli_input;

bool cli_is_standard(const char *path);  // NULL or "-": standard input or output
// Whether both paths lead to one regular file, or would make one.
bool cli_same_file(const char *one, const char *other);

// path NULL or "-": standard input.
ig_status cli_input_open(cli_input *input, const char *path, ig_error *err);
void cli_input_close(cli_input *input);  // harmless on a zeroed one
// The next line without its newline, borrowed until the next call; *line NULL at the end.
ig_status cli_input_read(cli_input *input, const char **line, size_t *length, ig_error *err);

// Whether cli_input_read would give a line or the end without waiting.
bool cli_input_ready(cli_input *input);

// All lines of a file.
typedef struct cli_text {
  char **lines;
  size_t count;
} cli_text;
ig_status cli_text_read(cli_text *text, const char *path, ig_error *err);
void cli_text_free(cli_text *text);

typedef struct cli_output {
  FILE *file;
  char *path;       // where the temporary goes in the end; NULL: the file is written directly
  char *temporary;  // in the same directory
  const char *name;
} cli_output;

// path NULL or "-": standard output. Anything that is no regular file (a device, a pipe) is written
// as it stands, never replaced.
ig_status cli_output_open(cli_output *output, const char *path, ig_error *err);
ig_status cli_output_line(cli_output *output, const char *line, size_t length, ig_error *err);
ig_status cli_output_flush(cli_output *output, ig_error *err);
// Flushes, fsyncs, renames; closes whatever happens.
ig_status cli_output_commit(cli_output *output, ig_error *err);
void cli_output_abandon(
    cli_output *output);  // the old file, if any, stays; harmless after a commit or on a zeroed one
#endif
