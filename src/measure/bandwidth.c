// How fast the last-level cache and the memory are read.
#include "measure/bandwidth.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "ingot_measure.h"

enum {
  BLOCK = 2048,            // floats of either operand in a call of the kernel
  READ_ENOUGH = 64 << 20,  // bytes that a round reads, at least
  READ_ROUNDS = 6
};

typedef struct bandwidth_reading {
  const ig_kernels *kernels;
  float *values;  // (threads, blocks, 2, BLOCK)
  size_t blocks;
  int loops;
  float *sums;  // (threads, a cache line); the compiler may not leave out reads whose sum is kept
} bandwidth_reading;

static void carve_reading(bandwidth_reading *r, ig_arena *arena, size_t threads) {
  r->values = IG_TAKE(arena, float, threads * r->blocks * 2 * BLOCK);
  r->sums = IG_TAKE(arena, float, threads *IG_ALIGNMENT);
}

// Fills a thread's part of the values. On most systems the same thread will read it, and the pages
// that it touched first are near it.
static void fill_part(void *context, size_t index, int worker) {
  (void)worker;
  const bandwidth_reading *r = context;
  float *values = r->values + index * r->blocks * 2 * BLOCK;
  for (size_t i = 0; i < r->blocks * 2 * BLOCK; i++) values[i] = 1.0f;
}

static void read_part(void *context, size_t index, int worker) {
  (void)worker;
  const bandwidth_reading *r = context;
  float sum = 0;
  for (int loop = 0; loop < r->loops; loop++) {
    const float *values = r->values + index * r->blocks * 2 * BLOCK;
    for (size_t i = 0; i < r->blocks; i++, values += 2 * BLOCK)
      sum += r->kernels->dot(BLOCK, values, values + BLOCK);
  }
  r->sums[index * IG_ALIGNMENT] = sum;
}

ig_status ig_bandwidth_read(const ig_kernels *kernels, ig_pool *pool, size_t bytes,
                            double *gigabytes, ig_error *err) {
  const size_t count = (size_t)ig_pool_threads(pool), block = 2 * BLOCK * sizeof(float);
  bandwidth_reading r = {.kernels = kernels, .blocks = bytes / block / count};
  if (r.blocks == 0) r.blocks = 1;
  const size_t floats = r.blocks * count * 2 * BLOCK;
  r.loops = (int)(READ_ENOUGH / (floats * sizeof(float))) + 1;
  ig_arena arena = ig_arena_measure();
  carve_reading(&r, &arena, count);
  IG_TRY(ig_arena_create(&arena, arena.peak, err));
  carve_reading(&r, &arena, count);
  ig_pool_run(pool, count, fill_part, &r);
  double best = 1e30;
  for (int round = 0; round < READ_ROUNDS; round++) {
    const double begin = ig_clock_seconds();
    ig_pool_run(pool, count, read_part, &r);
    const double seconds = ig_clock_seconds() - begin;
    if (seconds < best) best = seconds;
  }
  *gigabytes = 1e-9 * (double)(floats * sizeof(float)) * r.loops / best;
  ig_arena_free(&arena);
  return IG_OK;
}

// Bytes of a cache as the C library knows it, or `usual` if it does not.
static size_t cache_size(int name, size_t usual) {
  const long bytes = name ? sysconf(name) : 0;
  return bytes > 0 ? (size_t)bytes : usual;
}

#ifdef _SC_LEVEL3_CACHE_SIZE
enum { LEVEL2 = _SC_LEVEL2_CACHE_SIZE, LEVEL3 = _SC_LEVEL3_CACHE_SIZE };
#else
enum { LEVEL2 = 0, LEVEL3 = 0 };
#endif

ig_status ig_machine_bandwidth(int threads, ig_bandwidth *out, ig_error *err) {
  const ig_kernels *kernels;
  ig_pool *pool = NULL;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = (ig_bandwidth){0};
  IG_TRY(ig_kernels_select(&kernels, err));
  IG_TRY(ig_pool_create(threads, &pool, err));
  const size_t MB = (size_t)1 << 20, level3 = cache_size(LEVEL3, 32 * MB);
  // Four times a core's own cache, so that nothing of a value is left there when it is read again.
  out->cache_bytes = 4 * cache_size(LEVEL2, MB) * (size_t)ig_pool_threads(pool);
  // Four times the last cache. In virtual machines the C library may name a server's whole cache,
  // of which this machine has a part: a gigabyte is enough then.
  out->memory_bytes = level3 > 256 * MB ? 1024 * MB : 4 * level3;
  if (out->memory_bytes < 256 * MB) out->memory_bytes = 256 * MB;
  ig_status status = ig_bandwidth_read(kernels, pool, out->cache_bytes, &out->cache, err);
  if (status == IG_OK)
    status = ig_bandwidth_read(kernels, pool, out->memory_bytes, &out->memory, err);
  ig_pool_free(pool);
  return status;
}
