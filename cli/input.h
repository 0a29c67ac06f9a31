// Lines in: of a file or of standard input, one by one or all at once.
#ifndef CLI_INPUT_H
#define CLI_INPUT_H
#include <stdio.h>
#include "ingot.h"

typedef struct cli_input {
  int descriptor;
  const char *name;  // for messages
  // [begin, end) has been read from the file and not been given out yet; [begin, scanned) has no
  // newline.
  char *buffer;
  size_t begin, scanned, end, capacity;
  bool ended;   // nothing comes after the buffer
  int failure;  // errno of what went wrong there; 0: it is the end
  int waits;    // of cli_input_ready
} cli_input;

// path NULL or "-": standard input.
ig_status cli_input_open(cli_input *input, const char *path, ig_error *err);
void cli_input_close(cli_input *input);  // harmless on a zeroed one
// The next line without its newline, NUL-terminated, borrowed until the next call; *line NULL at
// the end.
ig_status cli_input_read(cli_input *input, const char **line, size_t *length, ig_error *err);
// Would cli_input_read give a line or the end without waiting?
bool cli_input_ready(cli_input *input);

// All lines of a file.
typedef struct cli_text {
  char **lines;
  size_t count;
} cli_text;
// path NULL or "-": standard input. A NUL byte in a line is an error.
ig_status cli_text_read(cli_text *text, const char *path, ig_error *err);
void cli_text_free(cli_text *text);
#endif
