// Cores: how many a process may use (ig_cpu_count of ingot.h), and where its threads run.
#ifndef IG_BASE_CPUS_H
#define IG_BASE_CPUS_H
#include <pthread.h>

#define IG_MOST_THREADS 1024  // that a pool may have, so ig_cpu_count gives no more
// `count`, or less where the quota of a control group named in the file `groups` (as
// /proc/self/cgroup), below the directory `mounts`, is tighter.
int ig_cpus_quota(const char *groups, const char *mounts, int count);
// The core that the calling thread runs on; -1: unknown.
int ig_cpus_current(void);
// Lets `thread` run wherever the calling thread may, but for `cpu`. Changes nothing where that
// would leave no core, or the system has no such call.
void ig_cpus_keep_off(pthread_t thread, int cpu);
#endif
