// The file that an output grows in until it is complete, and what is needed to go on after whatever
// ended the run, SIGKILL included:
//
//   OUT.partial        the finished lines
//   OUT.partial.state  what they depend on, and after it a mark for each time that lines were
//                      written: so many lines of the input gave so many bytes, with hashes of both
//
// The marks are appended after what they speak of. Going on means to find the last mark whose bytes
// OUT.partial really holds, to cut what comes after it, and to check that the input still begins
// with the lines of the mark. The output gets its name when it is complete.
#ifndef CLI_PARTIAL_H
#define CLI_PARTIAL_H
#include <stdio.h>
#include <sys/types.h>
#include "ingot.h"

typedef struct cli_mark {
  size_t lines;            // of the input, whose output is written
  size_t bytes;            // of the output
  uint64_t input, output;  // cli_partial_chain over the lines read, and over those written
} cli_mark;

typedef struct cli_partial {
  char *path;  // of the complete output; NULL: closed, or never opened
  char *partial, *state;
  FILE *file;            // OUT.partial, to write to its end
  int state_descriptor;  // -1: not open
  mode_t mode;           // that the complete output gets
  cli_mark mark;         // the last one
} cli_partial;

typedef struct cli_partial_options {
  const char *path;      // of the output: a regular file, or a name for one
  const char *identity;  // lines that say what the output depends on besides its input
  bool resume;           // go on from OUT.partial, if it exists
} cli_partial_options;

// Without `resume` a partial output that has lines is an error, so that nobody loses them by a
// repeated command. So is one that another process is writing, one with another identity, and one
// that is no regular file. After success partial->mark is where to go on.
ig_status cli_partial_open(cli_partial *partial, const cli_partial_options *options, ig_error *err);
// The hash of lines, from that of the lines before (0: there are none) and the next one.
uint64_t cli_partial_chain(uint64_t before, const char *line, size_t length);
// The bytes must be in the file, not in a buffer.
ig_status cli_partial_record(cli_partial *partial, const cli_mark *mark, ig_error *err);
// Syncs, gives the output its name, removes the state; closes in any case.
ig_status cli_partial_commit(cli_partial *partial, ig_error *err);
// Closes; keeps the lines of the last mark. If there are none, nothing is left. Harmless on a
// closed or zeroed one.
void cli_partial_stop(cli_partial *partial);
#endif
