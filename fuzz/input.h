// What the targets share: the entry point, and an input as a file for those that read files.
#ifndef IG_FUZZ_INPUT_H
#define IG_FUZZ_INPUT_H
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char input_file[32];
static inline void remove_input_file(void) { unlink(input_file); }

// The path of a file that holds the input; the same path every time, removed at the end of the
// process.
static inline const char *write_input(const void *data, size_t size) {
  static int handle = -1;
  if (handle < 0) {
    strcpy(input_file, "/tmp/ingot-fuzz-XXXXXX");
    handle = mkstemp(input_file);
    if (handle < 0) abort();
    atexit(remove_input_file);
  }
  if (ftruncate(handle, 0) != 0 || pwrite(handle, data, size, 0) != (ssize_t)size) abort();
  return input_file;
}
#endif
