// A thread pool: parallel loops over independent outputs.
#ifndef IG_BASE_POOL_H
#define IG_BASE_POOL_H
#include <stddef.h>
#include "ingot.h"

typedef struct ig_pool ig_pool;
typedef void (*ig_task)(void *context, size_t index, int worker);  // worker: 0 .. threads-1

// threads 0: all cores this process may use (affinity honoured). The caller's thread is worker 0,
// so `threads` 1 starts none.
ig_status ig_pool_create(int threads, ig_pool **out, ig_error *err);
void ig_pool_free(ig_pool *pool);
int ig_pool_threads(const ig_pool *pool);  // NULL: 1
// Runs task(context, i, worker) for i in 0..count-1, in any order, and returns when all are done.
// pool NULL: serially. Not reentrant.
void ig_pool_run(ig_pool *pool, size_t count, ig_task task, void *context);
#endif
