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

enum { SCRATCH = 32 };

// A new directory, in memory where the system has such a place: targets write a file for each
// input, and on a disk most of the time would be spent on that.
static inline void make_scratch(char path[SCRATCH]) {
  strcpy(path, "/dev/shm/ingot-fuzz-XXXXXX");
  if (mkdtemp(path)) return;
  strcpy(path, "/tmp/ingot-fuzz-XXXXXX");
  if (!mkdtemp(path)) abort();
}

static inline void remove_scratch(const char *path) {
  char command[64];
  snprintf(command, sizeof command, "rm -r %s", path);
  if (system(command) != 0) perror(path);
}

static char input_directory[SCRATCH], input_file[SCRATCH + 8];
static inline void remove_input(void) { remove_scratch(input_directory); }

// The path of a file that holds the input; the same path every time, removed at the end of the
// process.
static inline const char *write_input(const void *data, size_t size) {
  static int handle = -1;
  if (handle < 0) {
    make_scratch(input_directory);
    snprintf(input_file, sizeof input_file, "%s/input", input_directory);
    handle = open(input_file, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (handle < 0) abort();
    atexit(remove_input);
  }
  if (ftruncate(handle, 0) != 0 || pwrite(handle, data, size, 0) != (ssize_t)size) abort();
  return input_file;
}
#endif
