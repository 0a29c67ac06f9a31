#include <stdio.h>
#include <sys/resource.h>

#include "ingot.h"

// VmHWM of /proc/self/status; 0: there is none.
static size_t peak_of_status(void) {
  FILE *file = fopen("/proc/self/status", "re");
  char line[256];
  unsigned long long kilobytes = 0;
  bool found = false;
  if (!file) return 0;
  while (!found && fgets(line, sizeof line, file))
    found = sscanf(line, "VmHWM: %llu kB", &kilobytes) == 1;
  fclose(file);
  return found ? (size_t)kilobytes * 1024 : 0;
}

// ru_maxrss is in kilobytes, on macOS in bytes. On Linux a program has that of the process that
// started it, if it was larger.
static size_t peak_of_usage(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#ifdef __APPLE__
  return (size_t)usage.ru_maxrss;
#else
  return (size_t)usage.ru_maxrss * 1024;
#endif
}

size_t ig_peak_memory(void) {
  const size_t peak = peak_of_status();
  return peak > 0 ? peak : peak_of_usage();
}
