// A locale whose decimals have another point than the C locale's, made where the system has its
// sources and localedef, and in force after the call.
#ifndef IG_TESTS_COMMA_LOCALE_H
#define IG_TESTS_COMMA_LOCALE_H
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char locale_directory[] = "/tmp/ingot-locale-XXXXXX";
static void remove_locales(void) {
  char command[64];
  snprintf(command, sizeof command, "rm -r %s", locale_directory);
  if (system(command) != 0) perror(locale_directory);
}

// name: "de_DE" (a comma) or "ps_AF" (two bytes, U+066B). False where there is no such locale and
// none can be made.
static inline bool use_locale(const char *name) {
  static bool made;
  char command[160], full[32];
  if (!made && !mkdtemp(locale_directory)) return false;
  if (!made) atexit(remove_locales);
  made = true;
  setenv("LOCPATH", locale_directory, 1);
  snprintf(full, sizeof full, "%s.UTF-8", name);
  snprintf(command, sizeof command, "localedef -i %s -f UTF-8 %s/%s >/dev/null 2>&1", name,
           locale_directory, full);
  if (system(command) != 0) return false;
  return setlocale(LC_ALL, full) && strcmp(localeconv()->decimal_point, ".") != 0;
}
#endif
