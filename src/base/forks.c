#include "base/forks.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_uint forks;

static void count_fork(void) { atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed); }

// If memory is out, forks are not noticed.
static void watch_forks(void) { (void)pthread_atfork(NULL, NULL, count_fork); }

unsigned ig_forks_count(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
  return atomic_load_explicit(&forks, memory_order_relaxed);
}
