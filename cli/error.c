#include "error.h"

#include <stdarg.h>
#include <stdio.h>

ig_status cli_error(ig_error *err, ig_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  err->status = status;
  vsnprintf(err->message, sizeof err->message, format, arguments);
  va_end(arguments);
  return status;
}

ig_status cli_error_memory(ig_error *err) {
  return cli_error(err, IG_ERROR_MEMORY, "out of memory");
}
