// The files of alignments that `ingot translate` writes beside its output.
#ifndef CLI_ALIGNMENTS_H
#define CLI_ALIGNMENTS_H
#include "ingot.h"
#include "whole_file.h"

typedef enum cli_alignments_format {
  CLI_ALIGNMENTS_PHARAOH,  // "0-0 1-2": source and target position of each link
  CLI_ALIGNMENTS_SOFT,     // for each target token the weights of all source tokens
  CLI_ALIGNMENTS_JSON      // an object a line, with tokens, links and weights
} cli_alignments_format;

// Start from {0}; cli_alignments_close.
typedef struct cli_alignments {
  cli_whole_file file;  // not open: none is written
  cli_alignments_format format;
  const char *picture;  // the path of an SVG of the first sentence; NULL: none
  bool drawn;
  bool failed;   // a file could not be written, and the error names it
  bool in_line;  // a sentence of the line is written, and its end is not
} cli_alignments;

typedef struct cli_alignments_options {
  const char *path, *picture;  // NULL: not asked for
  cli_alignments_format format;
} cli_alignments_options;

ig_status cli_alignments_open(cli_alignments *alignments, const cli_alignments_options *options,
                              ig_error *err);
// The write of ig_alignment_options; context: the alignments.
ig_status cli_alignments_write(void *context, const ig_token_alignment *alignment, ig_error *err);
// All is written. A picture of which there was no sentence is an error.
ig_status cli_alignments_commit(cli_alignments *alignments, ig_error *err);
void cli_alignments_close(cli_alignments *alignments);  // harmless on {0}
#endif
