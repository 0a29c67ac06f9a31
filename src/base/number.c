// The C locale for one thread at a time.
#include "base/number.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t c_locale;
static void make_c_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

// uselocale changes one thread, so that no other thread of the program sees it. If newlocale fails,
// for which memory must be out at the first call, uselocale(0) changes nothing.
locale_t ig_number_locale_enter(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_c_locale);
  return uselocale(c_locale);
}

void ig_number_locale_leave(locale_t before) { uselocale(before); }

bool ig_number_parse(const char *text, double *out) {
  char *end;
  const locale_t before = ig_number_locale_enter();
  const double value = strtod(text, &end);
  ig_number_locale_leave(before);
  if (end == text || *end != '\0') return false;
  *out = value;
  return true;
}

int ig_number_format_list(char *out, size_t size, const char *format, va_list arguments) {
  const locale_t before = ig_number_locale_enter();
  const int length = vsnprintf(out, size, format, arguments);
  ig_number_locale_leave(before);
  return length;
}

int ig_number_format(char *out, size_t size, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = ig_number_format_list(out, size, format, arguments);
  va_end(arguments);
  return length;
}

void ig_number_join(char *out, size_t size, const size_t *numbers, int count) {
  size_t used = 0;
  *out = '\0';
  for (int i = 0; i < count && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%zu", i ? ", " : "", numbers[i]);
}
