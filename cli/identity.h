// What the output of a command depends on besides its input: by it a run is known again.
#ifndef CLI_IDENTITY_H
#define CLI_IDENTITY_H
#include "ingot.h"
#include "options.h"

typedef struct cli_identity_options {
  const cli_verb *verb;
  const void *values, *defaults;  // of its options, as cli_parse filled and found them
  // Options that the output does not depend on; those whose values are files that are read with the
  // input, of which only counts whether they are given; and those whose files count by what they
  // hold. NULL-terminated all.
  const char *const *without_effect, *const *files, *const *contents;
  const cli_list *models;  // directories, known by the content of their files
} cli_identity_options;

// Lines, each ended by a newline: the version, the options that differ from their defaults, and a
// hash for each model. *out is malloc'ed.
ig_status cli_identity_text(const cli_identity_options *options, char **out, ig_error *err);
#endif
