// The files of one translation or scoring, as the library's stream of lines.
#ifndef CLI_STREAMS_H
#define CLI_STREAMS_H
#include "ingot.h"
#include "output.h"

typedef struct cli_streams {
  ig_lines *source, *target;  // target NULL: translating
  cli_output output;
  const char *source_name;  // for messages
  size_t total;             // lines of the source; 0: not known
  bool unflushed;           // lines were written after the last flush
  bool own_error;           // the message in err is about a file and names it already
} cli_streams;

typedef struct cli_streams_options {
  const char *source, *target;  // paths; source NULL: standard input, target NULL: translating
  bool count_lines;             // of the source, for reports of progress
  cli_output_options output;
} cli_streams_options;

// If the output goes on from an earlier run, the lines that are done are read, and must be those
// that it was made of. The input is opened before the output: a wrong path leaves no trace.
ig_status cli_streams_open(cli_streams *streams, const cli_streams_options *options, ig_error *err);
ig_line_stream cli_streams_lines(cli_streams *streams);
// ig_score_targets' read_target.
ig_status cli_streams_read_target(void *context, const char **line, size_t *length, ig_error *err);
void cli_streams_close(cli_streams *streams);  // harmless on zeroed ones
#endif
