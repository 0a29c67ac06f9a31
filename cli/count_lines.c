#include "count_lines.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"

#define BLOCK 65536

static size_t count_newlines(const char *bytes, size_t count) {
  size_t lines = 0;
  const char *end = bytes + count;
  for (const char *p = bytes; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) lines++;
  return lines;
}

static bool is_gzip(const char *bytes, ssize_t count) {
  return count >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0;
}

// A last line may end with the file. What cannot be read is for the one who reads it to report.
static size_t count_lines_of(int descriptor, off_t at) {
  char bytes[BLOCK], last = '\n';
  size_t lines = 0;
  for (bool first = true;; first = false) {
    const ssize_t count = pread(descriptor, bytes, sizeof bytes, at);
    if (count < 0 || (first && is_gzip(bytes, count))) return 0;
    if (count == 0) return lines + (last != '\n');
    lines += count_newlines(bytes, (size_t)count);
    last = bytes[count - 1];
    at += count;
  }
}

// A FIFO is not opened: its writer would take that for the reader, and lose it.
static bool is_regular(const char *path) {
  struct stat info;
  return (path != NULL ? stat(path, &info) : fstat(STDIN_FILENO, &info)) == 0 &&
         S_ISREG(info.st_mode);
}

size_t cli_count_lines(const char *path) {
  const bool standard = cli_is_standard(path);
  if (!is_regular(standard ? NULL : path)) return 0;
  const int descriptor = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  const off_t at = standard ? lseek(descriptor, 0, SEEK_CUR) : 0;
  if (descriptor < 0 || at < 0) return 0;
  const size_t lines = count_lines_of(descriptor, at);
  if (!standard) close(descriptor);
  return lines;
}
