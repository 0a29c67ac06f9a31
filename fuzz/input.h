// What the targets share: the entry point, and an input as a file for those that read files.
#ifndef IG_FUZZ_INPUT_H
#define IG_FUZZ_INPUT_H
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700  // nftw
#endif
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
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

static inline int remove_entry(const char *path, const struct stat *status, int kind,
                               struct FTW *place) {
  (void)status, (void)kind, (void)place;
  return remove(path);
}
static inline void remove_scratch(const char *path) {
  nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

// Takes bytes from the front of an input; zeros after its end.
typedef struct input_bytes {
  const uint8_t *at;
  size_t left;
} input_bytes;
static inline void take_bytes(input_bytes *input, void *to, size_t size) {
  const size_t taken = size < input->left ? size : input->left;
  memset(to, 0, size);
  if (taken) memcpy(to, input->at, taken);
  input->at += taken;
  input->left -= taken;
}
static inline uint8_t take_byte(input_bytes *input) {
  uint8_t byte;
  take_bytes(input, &byte, 1);
  return byte;
}
// Up to the next NUL, or to the end; the caller frees it.
static inline char *take_text(input_bytes *input, size_t *length) {
  const uint8_t *end = input->left ? memchr(input->at, 0, input->left) : NULL;
  *length = end ? (size_t)(end - input->at) : input->left;
  char *text = malloc(*length + 1);
  if (!text) abort();
  take_bytes(input, text, *length);
  text[*length] = '\0';
  if (end) take_byte(input);
  return text;
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
