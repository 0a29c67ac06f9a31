// Sizes in bytes on the command line.
#ifndef CLI_SIZE_H
#define CLI_SIZE_H
#include <stdbool.h>
#include <stddef.h>
#include "options.h"

// "5GB", "1.5GiB", "500M", bytes, and mergekit's "5B" for 10^9; false: no size above 0.
bool cli_size_read(const char *text, size_t *out);
// Says that the text of an option is no size; returns the exit code.
int cli_size_error(const cli_verb *verb, const char *option, const char *text);

// Of verbs that write weights.
#define CLI_SHARD_SIZE_OPTION                                                                   \
  CLI_TEXT_OPTION(0, "out-shard-size", "SIZE", shard_size,                                      \
                  "Write shards with at most this much of tensors each, and their index: 5GB, " \
                  "500MB, 1.5GiB. Default: one file.")
#endif
