// Quotas of control groups, which are read from directories made for the test; and threads that are
// kept off a core.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // sched_getaffinity
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/file.h"
#include "ingot.h"

static char mounts[] = "/tmp/ingot-cpus-XXXXXX";

static void put(const char *name, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", mounts, name);
  assert_int_equal(ig_file_write(path, text, strlen(text), NULL), IG_OK);
}

static void make(const char *directory) {
  char command[256];
  snprintf(command, sizeof command, "mkdir -p '%s/%s'", mounts, directory);
  assert_int_equal(system(command), 0);
}

static int quota(int count) {
  char groups[256];
  snprintf(groups, sizeof groups, "%s/groups", mounts);
  return ig_cpus_quota(groups, mounts, count);
}

static int make_mounts(void **state) {
  (void)state;
  return mkdtemp(mounts) ? 0 : -1;
}

static int remove_mounts(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -r %s", mounts);
  return system(command);
}

static void version_2(void **state) {
  (void)state;
  make("a.slice/b.scope");
  put("groups", "0::/a.slice/b.scope\n");
  assert_int_equal(quota(8), 8);
  put("a.slice/b.scope/cpu.max", "max 100000\n");
  assert_int_equal(quota(8), 8);
  put("a.slice/b.scope/cpu.max", "150000 100000\n");
  assert_int_equal(quota(8), 2);
  assert_int_equal(quota(1), 1);
  put("a.slice/cpu.max", "100000 100000\n");  // the group that contains it is tighter
  assert_int_equal(quota(8), 1);
}

// Inside a container the path is the host's, and the container's own group is the mount itself.
static void a_path_of_the_host(void **state) {
  (void)state;
  put("groups", "0::/not/here\n");
  assert_int_equal(quota(8), 8);
  put("cpu.max", "300000 100000\n");
  assert_int_equal(quota(8), 3);
}

static void version_1(void **state) {
  (void)state;
  make("cpu,cpuacct/box");
  make("memory/box");
  put("groups", "12:memory:/box\n4:cpu,cpuacct:/box\n1:name=systemd:/box\n");
  put("cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
  put("cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  assert_int_equal(quota(8), 8);
  put("cpu,cpuacct/box/cpu.cfs_quota_us", "400000\n");
  assert_int_equal(quota(8), 4);
}

static void nonsense_is_no_limit(void **state) {
  (void)state;
  make("c");
  put("groups", "rubbish\n0:\n0::/c\n");
  put("cpu.max", "max 100000\n");
  static const char *const lines[] = {"", "x", "0 0", "-5 100", "100000", "99999999999999999999 1"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    put("c/cpu.max", lines[i]);
    assert_int_equal(quota(8), 8);
  }
  assert_int_equal(ig_cpus_quota("/nonexistent", mounts, 5), 5);
}

#ifdef __linux__
static bool allowed(int cpu) {
  cpu_set_t set;
  assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
  return CPU_ISSET((size_t)cpu, &set);
}

static void a_thread_is_kept_off(void **state) {
  (void)state;
  cpu_set_t before;
  assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
  const int cpu = ig_cpus_current();
  assert_true(allowed(cpu));
  ig_cpus_keep_off(pthread_self(), cpu);
  assert_int_equal(allowed(cpu),
                   CPU_COUNT(&before) == 1);  // with one core, nothing changes
  assert_true(CPU_COUNT(&before) == 1 || ig_cpus_current() != cpu);
  assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}
#endif

static void the_process_has_some(void **state) {
  (void)state;
  assert_in_range(ig_cpu_count(), 1, IG_MOST_THREADS);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(version_2),
                                     cmocka_unit_test(a_path_of_the_host),
                                     cmocka_unit_test(version_1),
                                     cmocka_unit_test(nonsense_is_no_limit),
                                     cmocka_unit_test(the_process_has_some),
#ifdef __linux__
                                     cmocka_unit_test(a_thread_is_kept_off)
#endif
  };
  return cmocka_run_group_tests(tests, make_mounts, remove_mounts);
}
