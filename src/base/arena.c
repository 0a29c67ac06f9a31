// Arenas are anonymous mappings. Offsets depend only on the sequence of requests, so that a
// measuring pass and a carving pass agree to the byte.
#include "base/arena.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"

#define PAGE 4096
#define LARGE ((size_t)8 << 20)  // bytes from which huge pages are asked for

ig_arena ig_arena_measure(void) { return (ig_arena){0}; }

ig_status ig_arena_create(ig_arena *arena, size_t size, ig_error *err) {
  *arena = (ig_arena){0};
  size_t bytes;
  if (!ig_size_add(size, 2 * PAGE, &bytes) || bytes > PTRDIFF_MAX) {
    return ig_fail(err, IG_ERROR_MEMORY, "cannot reserve an arena of %zu bytes", size);
  }
  // At least one page more than asked for, so that an over-read after the last buffer stays inside.
  bytes -= bytes % PAGE;
  void *base =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED)
    return ig_fail(err, IG_ERROR_MEMORY, "cannot reserve an arena of %zu bytes: %s", bytes,
                   strerror(errno));
#ifdef MADV_HUGEPAGE
  // A hint: fewer page faults and TLB misses.
  if (bytes >= LARGE) madvise(base, bytes, MADV_HUGEPAGE);
#endif
  arena->base = base;
  arena->size = bytes;
  return IG_OK;
}

ig_status ig_arena_reserve(ig_arena *arena, size_t bytes, size_t slack, ig_error *err) {
  if (arena->size >= bytes) {
    arena->used = 0;
    return IG_OK;
  }
  ig_arena_free(arena);
  return ig_arena_create(arena, bytes + slack, err);
}

void ig_arena_free(ig_arena *arena) {
  if (!arena) return;
  if (arena->base) munmap(arena->base, arena->size);
  *arena = (ig_arena){0};
}

void ig_arena_touch(ig_arena *arena, size_t bytes) {
  const size_t end = bytes < arena->size ? bytes : arena->size;
  if (!arena->base) return;
#ifdef MADV_POPULATE_WRITE
  if (madvise(arena->base, end, MADV_POPULATE_WRITE) == 0) return;
#endif
  for (size_t at = 0; at < end; at += PAGE) ((volatile char *)arena->base)[at] = arena->base[at];
}

void ig_arena_sparse(ig_arena *arena, size_t bytes) {
  bytes += (PAGE - bytes % PAGE) % PAGE;
#ifdef MADV_NOHUGEPAGE
  if (arena->base && bytes < arena->size)
    madvise(arena->base + bytes, arena->size - bytes, MADV_NOHUGEPAGE);  // a hint
#endif
}

// Bytes of one request: rounded up to the alignment, and one unit of padding after it.
static bool padded_size(size_t count, size_t size, size_t *out) {
  size_t bytes;
  if (!ig_size_multiply(count, size, &bytes) || !ig_size_add(bytes, 2 * IG_ALIGNMENT - 1, &bytes))
    return false;
  *out = bytes - bytes % IG_ALIGNMENT;
  return true;
}

void *ig_arena_take(ig_arena *arena, size_t count, size_t size) {
  size_t bytes, end;
  bool fits = padded_size(count, size, &bytes) && ig_size_add(arena->used, bytes, &end);
  if (!arena->base) {
    if (!fits) {
      arena->overflow = true;
      // As large as it can be, so that no ig_arena_create of this size succeeds.
      end = SIZE_MAX - SIZE_MAX % IG_ALIGNMENT;
    }
    arena->used = end;
    if (end > arena->peak) arena->peak = end;
    return NULL;
  }
  fits = fits && end <= arena->size;
  assert(fits && "an arena must be created with the size that its measuring pass found");
  if (!fits) return NULL;
  char *taken = arena->base + arena->used;
  arena->used = end;
  if (end > arena->peak) arena->peak = end;
  return taken;
}

size_t ig_arena_mark(const ig_arena *arena) { return arena->used; }

void ig_arena_release(ig_arena *arena, size_t mark) {
  assert(mark <= arena->used);
  arena->used = mark;
}
