// Runs a command of the shell and reads what it writes.
#ifndef IG_BASE_COMMAND_H
#define IG_BASE_COMMAND_H
#include "ingot/core.h"

// Runs `command` by /bin/sh, with `argument` after its own arguments, and waits for its end.
// *output is what it wrote to its standard output, at most the last megabyte, for the caller to
// free(); NULL on failure. Its standard error is ours, its standard input is empty. A command that
// fails is an error with its exit code and the last line of what it wrote. When the interrupter
// (NULL: none) asks to stop, the command is stopped with all that it began, and the status is
// IG_INTERRUPTED.
ig_status ig_command_run(const char *command, const char *argument,
                         const ig_interrupter *interrupter, char **output, ig_error *err);
// The last line of the text that is not empty, without white space around it: `out` (size).
void ig_command_last_line(const char *output, char *out, size_t size);
// The number that stands alone on the last line that the command writes; anything else there is
// IG_ERROR_FORMAT.
ig_status ig_command_number(const char *command, const char *argument,
                            const ig_interrupter *interrupter, double *out, ig_error *err);
#endif
