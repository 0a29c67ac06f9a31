// Errors of the command's own, in the form of the library's.
#ifndef CLI_ERROR_H
#define CLI_ERROR_H
#include "ingot.h"

// Fills *err and returns status.
ig_status cli_error(ig_error *err, ig_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// IG_ERROR_MEMORY, "out of memory": for where there is nothing better to say.
ig_status cli_error_memory(ig_error *err);
#endif
