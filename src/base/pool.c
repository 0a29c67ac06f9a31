// A thread pool. The indices of a loop are dealt out in shares, one a thread, so that in loop after
// loop the same thread meets the same part of the data, which is then in its cache. A thread that
// has finished its share helps the others.
//
// A share is one word, its ticket: (round, indices left). A thread claims an index by decrementing
// it. A claim that succeeds belongs to the running loop, because a loop cannot end before its last
// claimed index is done. So a thread reads the loop's description only after a claim, late workers
// are harmless, and the caller never waits for a worker that found nothing to do.
#include "base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/cpus.h"
#include "base/fail.h"
#include "base/forks.h"
#include "ingot.h"

// How often a thread that waits looks, at ~0.05 us a look, before it sleeps. Waking a sleeper costs
// 30 to 50 us. If one thread sleeps while it waits for the other at the end of a loop, the other
// will sleep while it waits for the next loop to begin, and so on. So a thread looks for several
// times that long.
#define SPINS 8000

typedef struct pool_share {
  _Alignas(64) _Atomic uint64_t ticket;  // round << 32 | indices left
} pool_share;

struct ig_pool {
  // The caller writes these while no index is claimed; workers read them after a claim.
  ig_task task;
  void *context;
  size_t first;    // index of this round's first task
  uint32_t count;  // of this round

  uint32_t round;  // the number of the one that runs, or ended last

  _Alignas(64) _Atomic uint32_t finished;
  _Alignas(64) atomic_int sleepers;
  atomic_bool caller_sleeps;
  atomic_bool stop;
  pthread_mutex_t mutex;
  pthread_cond_t wake, done;
  int threads, started, spins;
  unsigned forks;               // of ig_forks_count: a child of this process has no workers
  int caller_cpu;               // the core that workers are kept off; -1: none yet
  struct pool_worker *workers;  // [threads - 1]
  pool_share shares[];          // [threads]
};

typedef struct pool_worker {
  ig_pool *pool;
  int number;
  pthread_t thread;
} pool_worker;

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Where the share of a thread begins.
static uint32_t share_begin(const ig_pool *pool, int thread) {
  const uint64_t threads = (uint64_t)pool->threads;
  return (uint32_t)(((uint64_t)pool->count * (uint64_t)thread + threads - 1) / threads);
}

static void run_index(ig_pool *pool, uint32_t index, int worker) {
  const uint32_t count = pool->count;
  pool->task(pool->context, pool->first + index, worker);
  // Sequentially consistent against caller_sleeps: either the caller sees the last index done, or
  // this worker sees the caller asleep.
  if (atomic_fetch_add(&pool->finished, 1) + 1 == count && worker != 0 &&
      atomic_load(&pool->caller_sleeps)) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->mutex);
  }
}

// Claims and runs the indices of one thread's share until none is left.
static void work_on(ig_pool *pool, int share, int worker) {
  _Atomic uint64_t *const ticket = &pool->shares[share].ticket;
  uint64_t seen = atomic_load_explicit(ticket, memory_order_relaxed);
  while ((uint32_t)seen > 0) {
    // The low word is not 0, so the decrement never touches the round.
    if (!atomic_compare_exchange_weak_explicit(ticket, &seen, seen - 1, memory_order_acquire,
                                               memory_order_relaxed))
      continue;
    run_index(pool, share_begin(pool, share + 1) - (uint32_t)seen, worker);
    seen = atomic_load_explicit(ticket, memory_order_relaxed);
  }
}

static void work_on_all_shares(ig_pool *pool, int worker) {
  for (int i = 0; i < pool->threads; i++) work_on(pool, (worker + i) % pool->threads, worker);
}

static uint32_t round_of(ig_pool *pool, int share) {
  return (uint32_t)(atomic_load(&pool->shares[share].ticket) >> 32);
}

// A worker watches its own share, which gets the number of each round.
static bool nothing_new(const pool_worker *w, uint32_t seen) {
  return round_of(w->pool, w->number) == seen && !atomic_load(&w->pool->stop);
}

static void sleep_until_news(const pool_worker *w, uint32_t seen) {
  ig_pool *pool = w->pool;
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepers, 1);
  while (nothing_new(w, seen)) pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->sleepers, 1);
  pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
  const pool_worker *w = argument;
  uint32_t seen = 0;
  while (!atomic_load(&w->pool->stop)) {
    for (int i = 0; i < w->pool->spins && nothing_new(w, seen); i++) pause_briefly();
    if (nothing_new(w, seen)) sleep_until_news(w, seen);
    seen = round_of(w->pool, w->number);
    work_on_all_shares(w->pool, w->number);
  }
  return NULL;
}

// In a virtual machine, Linux takes an idle core for one that the host has taken away. So it wakes
// a sleeper on the core of the thread that wakes it, and both then take turns there for
// milliseconds (kernel/sched: available_idle_cpu, vcpu_is_preempted). So workers are kept off the
// caller's core.
static void move_off_caller(ig_pool *pool) {
  const int cpu = ig_cpus_current();
  if (cpu < 0 || cpu == pool->caller_cpu || pool->spins == 0) return;
  pool->caller_cpu = cpu;
  for (int i = 0; i < pool->started; i++) ig_cpus_keep_off(pool->workers[i].thread, cpu);
}

static void wake_sleepers(ig_pool *pool) {
  if (atomic_load(&pool->sleepers) == 0) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_workers(ig_pool *pool) {
  for (int i = 0; i < pool->spins; i++) {
    if (atomic_load_explicit(&pool->finished, memory_order_acquire) == pool->count) return;
    pause_briefly();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->caller_sleeps, true);
  while (atomic_load(&pool->finished) != pool->count) pthread_cond_wait(&pool->done, &pool->mutex);
  atomic_store(&pool->caller_sleeps, false);
  pthread_mutex_unlock(&pool->mutex);
}

static void run_round(ig_pool *pool, size_t first, uint32_t count) {
  move_off_caller(pool);
  pool->first = first;
  pool->count = count;
  atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
  pool->round++;
  for (int i = 0; i < pool->threads; i++)
    atomic_store(&pool->shares[i].ticket,
                 (uint64_t)pool->round << 32 | (share_begin(pool, i + 1) - share_begin(pool, i)));
  wake_sleepers(pool);
  work_on_all_shares(pool, 0);
  wait_for_workers(pool);
}

// A forked child runs everything on the thread that it has.
static bool is_alone(const ig_pool *pool) {
  return !pool || pool->threads == 1 || pool->forks != ig_forks_count();
}

void ig_pool_run(ig_pool *pool, size_t count, ig_task task, void *context) {
  if (count <= 1 || is_alone(pool)) {
    for (size_t i = 0; i < count; i++) task(context, i, 0);
    return;
  }
  pool->task = task;
  pool->context = context;
  for (size_t first = 0; first < count;) {
    size_t left = count - first;
    uint32_t round = left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
    run_round(pool, first, round);
    first += round;
  }
}

// ---- loops whose tasks can fail ---------------------------------------------

typedef struct fallible_loop {
  ig_fallible_task task;
  void *context;
  _Atomic size_t lowest;  // index that failed, so far; SIZE_MAX: none
  pthread_mutex_t mutex;  // protects what follows
  ig_status status;       // of the lowest
  ig_error err;
} fallible_loop;

static void keep_lowest_failure(fallible_loop *loop, size_t index, ig_status status,
                                const ig_error *err) {
  pthread_mutex_lock(&loop->mutex);
  if (index < atomic_load(&loop->lowest)) {
    atomic_store(&loop->lowest, index);
    loop->status = status;
    loop->err = *err;
  }
  pthread_mutex_unlock(&loop->mutex);
}

// An index is left out only when a lower one has failed, so the lowest that can fail always runs.
static void try_index(void *context, size_t index, int worker) {
  fallible_loop *loop = context;
  if (index > atomic_load_explicit(&loop->lowest, memory_order_relaxed)) return;
  ig_error err = {0};
  const ig_status status = loop->task(loop->context, index, worker, &err);
  if (status != IG_OK) keep_lowest_failure(loop, index, status, &err);
}

ig_status ig_pool_try(ig_pool *pool, size_t count, ig_fallible_task task, void *context,
                      ig_error *err) {
  fallible_loop loop = {.task = task,
                        .context = context,
                        .lowest = SIZE_MAX,
                        .mutex = PTHREAD_MUTEX_INITIALIZER,
                        .status = IG_OK};
  ig_pool_run(pool, count, try_index, &loop);
  if (loop.status == IG_OK) return IG_OK;
  return ig_fail(err, loop.status, "%s", loop.err.message);
}

// ---- starting and ending ----------------------------------------------------

// Workers block all signals: handlers run on the threads of the program, never here.
static int start_workers(ig_pool *pool) {
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int failed = 0;
  while (pool->started < pool->threads - 1 && !failed) {
    pool_worker *worker = &pool->workers[pool->started];
    *worker = (pool_worker){.pool = pool, .number = pool->started + 1};
    failed = pthread_create(&worker->thread, NULL, worker_main, worker);
    if (!failed) pool->started++;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return failed;
}

ig_status ig_pool_create(int threads, ig_pool **out, ig_error *err) {
  *out = NULL;
  if (threads < 0 || threads > IG_MOST_THREADS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "threads: expected 0 to %d, found %d", IG_MOST_THREADS,
                   threads);
  int cpus = ig_cpu_count();
  if (threads == 0) threads = cpus;
  void *memory = NULL;
  const size_t size = sizeof(ig_pool) + (size_t)threads * sizeof(pool_share);
  if (posix_memalign(&memory, _Alignof(ig_pool), size) != 0)
    return ig_fail(err, IG_ERROR_MEMORY, "cannot allocate a thread pool");
  ig_pool *pool = memset(memory, 0, size);
  pool->threads = threads;
  // With more threads than cores, looking would only keep the others from running.
  pool->spins = threads <= cpus ? SPINS : 0;
  pool->caller_cpu = -1;
  pool->forks = ig_forks_count();
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  pthread_cond_init(&pool->done, NULL);
  pool->workers = ig_allocate((size_t)threads, sizeof *pool->workers, err);
  int failed = pool->workers ? start_workers(pool) : 0;
  if (!pool->workers || failed) {
    ig_status status = failed ? ig_fail(err, IG_ERROR_MEMORY, "cannot start thread %d of %d: %s",
                                        pool->started + 1, threads, strerror(failed))
                              : IG_ERROR_MEMORY;
    ig_pool_free(pool);
    return status;
  }
  *out = pool;
  return IG_OK;
}

// In a forked child there is nobody to end, and the mutex may be locked for ever.
static void end_workers(ig_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->stop, true);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
  for (int i = 0; i < pool->started; i++) pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->done);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
}

void ig_pool_free(ig_pool *pool) {
  if (!pool) return;
  if (pool->forks == ig_forks_count()) end_workers(pool);
  free(pool->workers);
  free(pool);
}

int ig_pool_threads(const ig_pool *pool) { return pool ? pool->threads : 1; }
