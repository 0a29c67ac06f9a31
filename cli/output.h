// Lines out: to standard output, a device or a pipe directly; into a file by way of OUT.partial.
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H
#include "ingot.h"
#include "partial.h"

// Written lines that are not marked yet.
typedef struct cli_output_marks {
  cli_mark *list;
  size_t count, capacity;
} cli_output_marks;

// Hashes of the input after each of its lines: reading is ahead of writing.
typedef struct cli_output_hashes {
  uint64_t *list;  // (count): the hash after line `first` of the input, after the next, ...
  size_t first, count, capacity;
  uint64_t last;  // over all that was read
} cli_output_hashes;

typedef struct cli_output {
  FILE *file;
  const char *name;
  bool regular;  // it is a file, which `partial` holds until it is complete
  bool broken;   // a write failed: what the buffer of `file` holds is unknown
  cli_partial partial;
  size_t lines_each;     // lines of output for a line of input
  size_t pending;        // of them, written for the next line of input
  cli_mark written;      // so far
  size_t flushed_lines;  // of the output, which nothing can take away any more
  cli_output_hashes hashes;
  cli_output_marks marks;
} cli_output;

typedef struct cli_output_options {
  const char *path;   // NULL or "-": standard output
  bool resume, json;  // json: a signal is told as JSON
  size_t lines_each;
  // Puts out the identity of the run, malloc'ed: called only if it is needed.
  ig_status (*identity)(void *context, char **out, ig_error *err);
  void *context;
} cli_output_options;

// Anything that is no regular file (a device, a pipe) is written directly, never replaced.
// output->written.lines says how many lines of the input are done already.
ig_status cli_output_open(cli_output *output, const cli_output_options *options, ig_error *err);
// To be told each line of the input, before the next one; with `more` it belongs to the line before
// it. Hashes them.
ig_status cli_output_read(cli_output *output, const char *line, size_t length, bool more,
                          ig_error *err);
// What was told is to be what the finished part of an earlier run was made of.
bool cli_output_agrees(const cli_output *output);
ig_status cli_output_line(cli_output *output, const char *line, size_t length, ig_error *err);
// From here on nothing takes the written lines away.
ig_status cli_output_flush(cli_output *output, ig_error *err);
// The output is complete. Closes in any case.
ig_status cli_output_commit(cli_output *output, ig_error *err);
// Ends an output that is not complete, and keeps what is finished: text becomes "; 12 lines
// written to OUT.partial: ...", to go after the error.
void cli_output_stop(cli_output *output, char *text, size_t size);
// Closes; harmless after the two before and on a zeroed output.
void cli_output_close(cli_output *output);
#endif
