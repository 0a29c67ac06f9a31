// A process may use the cores that it may run on, or fewer: its control group may be allowed less
// time than they have (a container of "1.5 CPUs").
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // sched_getaffinity, sched_getcpu, pthread_setaffinity_np
#endif
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpus.h"
#include "ingot.h"

#define MOST_CPUS 65536

#ifdef __linux__
// The cores that the calling thread may use, for CPU_FREE; NULL if that is unknown. Linux refuses a
// set that is smaller than the machine's, so it grows.
static cpu_set_t *allowed_cpus(size_t *bytes) {
  for (int size = CPU_SETSIZE; size <= MOST_CPUS; size *= 2) {
    cpu_set_t *set = CPU_ALLOC((size_t)size);
    *bytes = CPU_ALLOC_SIZE((size_t)size);
    if (set == NULL || sched_getaffinity(0, *bytes, set) == 0) return set;
    CPU_FREE(set);
  }
  return NULL;
}

static int allowed_count(void) {
  size_t bytes;
  cpu_set_t *set = allowed_cpus(&bytes);
  const int count = set != NULL ? CPU_COUNT_S(bytes, set) : 0;
  CPU_FREE(set);
  return count;
}

int ig_cpus_current(void) { return sched_getcpu(); }

void ig_cpus_keep_off(pthread_t thread, int cpu) {
  size_t bytes;
  cpu_set_t *set = allowed_cpus(&bytes);
  if (set == NULL) return;
  CPU_CLR_S((size_t)cpu, bytes, set);
  if (CPU_COUNT_S(bytes, set) > 0) pthread_setaffinity_np(thread, bytes, set);
  CPU_FREE(set);
}
#else
static int allowed_count(void) { return 0; }
int ig_cpus_current(void) { return -1; }
void ig_cpus_keep_off(pthread_t thread, int cpu) {
  (void)thread;
  (void)cpu;
}
#endif

// The first line of directory/name; false if there is none.
static bool read_first_line(const char *directory, const char *name, char *line, int size) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path) return false;
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  const bool read = fgets(line, size, file) != NULL;
  fclose(file);
  return read;
}

// How many cores' time one group may use, rounded up; 0: no limit. Version 2 has "quota period" or
// "max period" in one file; version 1 has a file for each, and quota -1 for no limit (Linux,
// admin-guide/cgroup-v2 and scheduler/sched-bwc).
static int quota_of(const char *group) {
  char line[128];
  long quota = 0, period = 0;
  if (read_first_line(group, "cpu.max", line, sizeof line)) {
    if (sscanf(line, "%ld %ld", &quota, &period) != 2) return 0;
  } else {
    if (!read_first_line(group, "cpu.cfs_quota_us", line, sizeof line) ||
        sscanf(line, "%ld", &quota) != 1)
      return 0;
    if (!read_first_line(group, "cpu.cfs_period_us", line, sizeof line) ||
        sscanf(line, "%ld", &period) != 1)
      return 0;
  }
  if (quota <= 0 || period <= 0 || quota / period >= MOST_CPUS) return 0;
  return (int)((quota + period - 1) / period);
}

// The tightest limit of the group `path` below the mount and of the groups that contain it. Inside
// a container the path may be one that only the host sees; the mount, where the walk ends, is then
// the container's own group.
static int tightest_quota(const char *mount, const char *path, int count) {
  char group[PATH_MAX];
  const size_t root = strlen(mount);
  if (snprintf(group, sizeof group, "%s%s", mount, path) >= (int)sizeof group) return count;
  for (;;) {
    const int quota = quota_of(group);
    if (quota > 0 && quota < count) count = quota;
    char *slash = strrchr(group + root, '/');
    if (slash == NULL) return count;
    *slash = 0;
  }
}

int ig_cpus_quota(const char *groups, const char *mounts, int count) {
  FILE *file = fopen(groups, "re");
  if (file == NULL) return count;
  char line[PATH_MAX];
  while (fgets(line, sizeof line, file) != NULL) {  // "hierarchy:controllers:path"
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':'),
         *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL) continue;
    *path = 0;
    path++;
    char mount[PATH_MAX];
    // Version 2 has no controllers in the line.
    const char *below = controllers[1] == 0 ? "" : controllers + 1;
    if (*below != 0 && strcmp(below, "cpu") != 0 && strcmp(below, "cpu,cpuacct") != 0 &&
        strcmp(below, "cpuacct,cpu") != 0)
      continue;
    if (snprintf(mount, sizeof mount, "%s%s%s", mounts, *below ? "/" : "", below) <
        (int)sizeof mount)
      count = tightest_quota(mount, path, count);
  }
  fclose(file);
  return count;
}

int ig_cpu_count(void) {
  int count = allowed_count();
  if (count == 0) {
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    count = online > 0 && online < MOST_CPUS ? (int)online : 1;
  }
  count = ig_cpus_quota("/proc/self/cgroup", "/sys/fs/cgroup", count);
  return count < IG_MOST_THREADS ? count : IG_MOST_THREADS;
}
