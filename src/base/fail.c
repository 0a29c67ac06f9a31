// Fills ig_error, and names statuses.
#include "base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

const char *ig_version(void) { return INGOT_VERSION_STRING; }

const char *ig_status_name(ig_status status) {
  switch (status) {
    case IG_OK: return "ok";
    case IG_ERROR_ARGUMENT: return "argument";
    case IG_ERROR_IO: return "io";
    case IG_ERROR_FORMAT: return "format";
    case IG_ERROR_MEMORY: return "memory";
    case IG_ERROR_UNSUPPORTED: return "unsupported";
    case IG_ERROR_DIVERGED: return "diverged";
    case IG_INTERRUPTED: return "interrupted";
  }
  return "unknown";
}

// A message is one line, without the control characters that a file's contents may have brought in.
// A UTF-8 sequence that the buffer's end cuts is dropped, so that the message stays valid
// UTF-8 if its parts were.
static void store_message(ig_error *err, const char *text) {
  size_t length = strnlen(text, sizeof err->message - 1);
  if (text[length] != '\0') {
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) length--;
  }
  memcpy(err->message, text, length);
  err->message[length] = '\0';
  ig_clean_text(err->message, false);
}

// ig_fail and ig_fail_in format into a buffer of their own first, for an argument may be
// err->message itself.
ig_status ig_fail(ig_error *err, ig_status status, const char *format, ...) {
  if (!err) return status;
  char text[sizeof err->message + 4];
  va_list arguments;
  va_start(arguments, format);
  ig_number_format_list(text, sizeof text, format, arguments);
  va_end(arguments);
  err->status = status;
  store_message(err, text);
  return status;
}

ig_status ig_fail_memory(ig_error *err) { return ig_fail(err, IG_ERROR_MEMORY, "out of memory"); }

ig_status ig_fail_memory_in(const char *where, ig_error *err) {
  return ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", where);
}

ig_status ig_fail_system(ig_error *err, const char *path, const char *what) {
  return ig_fail(err, errno == ENOMEM ? IG_ERROR_MEMORY : IG_ERROR_IO, "%s: cannot %s: %s", path,
                 what, strerror(errno));
}

ig_status ig_fail_if_missing(bool missing, const char *name, ig_error *err) {
  if (!missing) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "%s: expected a value, found NULL", name);
}

ig_status ig_fail_if_null(const void *value, const char *name, ig_error *err) {
  return ig_fail_if_missing(!value, name, err);
}

ig_status ig_fail_of_caller(ig_status status, const char *function, ig_error *err) {
  if (!err) return status;
  if (!*err->message)
    return ig_fail(err, status, "the caller's %s function failed, and says nothing but \"%s\"",
                   function, ig_status_name(status));
  err->status = status;
  return status;
}

ig_status ig_fail_in(ig_error *err, ig_status status, const char *format, ...) {
  if (!err) return status;
  char text[2 * sizeof err->message + 8];
  va_list arguments;
  va_start(arguments, format);
  int written = ig_number_format_list(text, sizeof err->message, format, arguments);
  va_end(arguments);
  size_t length = written < 0 ? 0 : (size_t)written;
  if (length >= sizeof err->message) length = sizeof err->message - 1;
  snprintf(text + length, sizeof text - length, ": %s", err->message);
  if (err->status == IG_OK) err->status = status;
  store_message(err, text);
  return err->status;
}

ig_status ig_fail_if_outside(const char *name, long value, long low, long high, ig_error *err) {
  if (value >= low && value <= high) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "%s: expected %ld to %ld, found %ld", name, low, high,
                 value);
}
