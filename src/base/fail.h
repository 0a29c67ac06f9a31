// Errors: fill an ig_error in one line and return its status.
#ifndef IG_BASE_FAIL_H
#define IG_BASE_FAIL_H
#include "ingot/core.h"

// Fills *err (may be NULL) and returns status, so that `return ig_fail(err, IG_ERROR_IO, "%s: %s",
// path, strerror(errno));` reads well.
ig_status ig_fail(ig_error *err, ig_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Puts "context: " before the message already in *err; returns err's status.
ig_status ig_fail_in(ig_error *err, ig_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// IG_ERROR_MEMORY, "out of memory": for where there is nothing better to say.
ig_status ig_fail_memory(ig_error *err);
// IG_ERROR_MEMORY, "<where>: out of memory": where is a file, or what was being done.
ig_status ig_fail_memory_in(const char *where, ig_error *err);
// "<path>: cannot <what>: <what errno says>": IG_ERROR_MEMORY for ENOMEM, else IG_ERROR_IO.
ig_status ig_fail_system(ig_error *err, const char *path, const char *what);
// IG_ERROR_ARGUMENT, "<name>: expected a value, found NULL", if it is missing.
ig_status ig_fail_if_missing(bool missing, const char *name, ig_error *err);
// IG_ERROR_ARGUMENT if value, which the message calls `name`, is NULL.
ig_status ig_fail_if_null(const void *value, const char *name, ig_error *err);
// The failure of a function that the library's caller gave it. One that said nothing gets a message
// with the function's name: err (may be NULL) must have been empty before. Returns status.
ig_status ig_fail_of_caller(ig_status status, const char *function, ig_error *err);
// Returns the failure of a call from the calling function.
#define IG_TRY(call)                                  \
  do {                                                \
    ig_status ig_try_status = (call);                 \
    if (ig_try_status != IG_OK) return ig_try_status; \
  } while (0)
// IG_ERROR_ARGUMENT, naming the option, unless it is a number from low to high.
ig_status ig_fail_if_outside(const char *name, long value, long low, long high, ig_error *err);
#endif
