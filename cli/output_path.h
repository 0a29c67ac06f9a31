// What a verb must not write over.
#ifndef CLI_OUTPUT_PATH_H
#define CLI_OUTPUT_PATH_H
#include "options.h"

// Refuses an output that the shell left a ~ in, that is the input, or that is a file of one of the
// models. output and input may be NULL. Returns CLI_GO_ON, or the exit code of what was reported.
int cli_check_output(const cli_verb *verb, const char *output, const char *input,
                     const cli_list *models);
#endif
