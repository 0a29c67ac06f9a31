// Cores: how many a process may use (ig_cpu_count of ingot.h), and where its threads run.
#ifndef IG_BASE_CPUS_H
#define IG_BASE_CPUS_H
#include <pthread.h>

#define IG_MOST_THREADS 1024  // of a pool; so ig_cpu_count returns no more than this
// `count`, or less if a control group has a tighter quota. groups: the file that names the groups,
// as /proc/self/cgroup; mounts: the directory that they are below.
int ig_cpus_quota(const char *groups, const char *mounts, int count);
// The core that the calling thread runs on; -1: unknown.
int ig_cpus_current(void);
// Lets `thread` run wherever the calling thread may, except on `cpu`. Changes nothing if that would
// leave no core, or if the system has no such call.
void ig_cpus_keep_off(pthread_t thread, int cpu);
#endif
