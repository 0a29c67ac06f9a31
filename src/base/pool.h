// A thread pool: parallel loops over independent outputs.
#ifndef IG_BASE_POOL_H
#define IG_BASE_POOL_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_pool ig_pool;
// What a loop does with one index. worker: 0 .. threads-1.
typedef void (*ig_task)(void *context, size_t index, int worker);
// What a loop does with one index if the work can fail: it fills err, which is its own and clear,
// and returns the status.
typedef ig_status (*ig_fallible_task)(void *context, size_t index, int worker, ig_error *err);

// threads 0: all cores this process may use (its affinity is respected). The caller's thread is
// worker 0, so `threads` 1 starts none. In a child of fork() the pool has no other thread: its
// loops run on the caller's.
ig_status ig_pool_create(int threads, ig_pool **out, ig_error *err);
void ig_pool_free(ig_pool *pool);
int ig_pool_threads(const ig_pool *pool);  // NULL: 1
// Runs task(context, i, worker) for i in 0..count-1, in any order, and returns when all are done.
// pool NULL: serially. A task must not use its own pool.
void ig_pool_run(ig_pool *pool, size_t count, ig_task task, void *context);
// The same for tasks that can fail. Of several failures, that of the lowest index is returned, with
// its message in err (may be NULL), whatever the threads and their timing: every index below a
// failing one runs, and those above it may or may not run. It allocates nothing.
ig_status ig_pool_try(ig_pool *pool, size_t count, ig_fallible_task task, void *context,
                      ig_error *err);
#endif
