// A directory of a test for tokenizers, and golden files beside it. The file that includes this
// defines GOLDEN (the folder of tests/golden that it reads) and WRITTEN_FILES (the names, with
// commas, of what it writes into its directory).
#ifndef IG_TESTS_TOKENIZER_DIRECTORY_H
#define IG_TESTS_TOKENIZER_DIRECTORY_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ingot/core.h"

static char directory[] = "/tmp/ingot-tokenizer-XXXXXX";

// Both return paths that are valid until the fourth call after.
static const char *in_directory(const char *name) {
  static char paths[4][300];
  static int next;
  next = (next + 1) % 4;
  snprintf(paths[next], sizeof paths[next], "%s/%s", directory, name);
  return paths[next];
}

static const char *golden(const char *name) {
  static char paths[4][1000];
  static int next;
  const char *source = getenv("INGOT_SOURCE");
  next = (next + 1) % 4;
  snprintf(paths[next], sizeof paths[next], "%s/tests/golden/%s/%s", source ? source : ".", GOLDEN,
           name);
  return paths[next];
}

static int make_directory(void **state) {
  (void)state;
  return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
  (void)state;
  static const char *const names[] = {WRITTEN_FILES};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(in_directory(names[i]));
  return rmdir(directory);
}

static void check(ig_status status, const ig_error *err) {
  if (status != IG_OK) fail_msg("%s", err->message);
}
#endif
