// What shells need to complete command lines, rendered from the tables.
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H
#include <stdbool.h>
#include <stdio.h>

extern const char *const cli_completion_shells[];  // bash, zsh, fish; NULL-terminated

// Writes the script for a shell; false: it is none of cli_completion_shells.
bool cli_completion(FILE *file, const char *shell);
#endif
