// All lines of a text file at once.
#ifndef CLI_INPUT_H
#define CLI_INPUT_H
#include "ingot.h"

typedef struct cli_text {
  char **lines;
  size_t count;
} cli_text;
// path NULL or "-": standard input. options: what becomes of bytes that are no text, and who is
// told.
ig_status cli_text_read(cli_text *text, const char *path, const ig_lines_options *options,
                        ig_error *err);
void cli_text_free(cli_text *text);

// ig_lines_open, where "-" is standard input, too.
ig_status cli_lines_open(const char *path, const ig_lines_options *options, ig_lines **out,
                         ig_error *err);
#endif
