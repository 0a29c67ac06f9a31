// Errors of the command's own, in the form of the library's.
#ifndef CLI_ERROR_H
#define CLI_ERROR_H
#include "ingot.h"

// Fills *err and returns status.
ig_status cli_error(ig_error *err, ig_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#endif
