// Arenas: plan first, allocate once, carve.
//
// A `carve` function takes its buffers from an arena with ig_arena_take and stores the pointers; it
// does nothing else. Run over an arena without memory it only measures; run again over one of the
// measured size it hands out real pointers. So the memory plan of a model is the code that uses it,
// and nothing that computes can fail for want of memory.
#ifndef IG_BASE_ARENA_H
#define IG_BASE_ARENA_H
#include <stddef.h>
#include "ingot/core.h"

#define IG_ALIGNMENT 64  // bytes: a cache line, a 512-bit vector

typedef struct ig_arena {
  char *base;  // NULL: measuring
  size_t size;
  size_t used;
  size_t peak;    // the most ever used: the result of a measuring pass
  bool overflow;  // a request did not fit size_t (measuring only)
} ig_arena;

ig_arena ig_arena_measure(void);
// Reserves `size` bytes, zeroed by the system; a page takes memory only when it is used.
// ig_arena_free releases them.
ig_status ig_arena_create(ig_arena *arena, size_t size, ig_error *err);
// Makes the arena hold at least `bytes`, all of them free: it is kept if it does, else made anew
// with `slack` bytes more, and what it held is lost.
ig_status ig_arena_reserve(ig_arena *arena, size_t bytes, size_t slack, ig_error *err);
void ig_arena_free(ig_arena *arena);
// Makes the system provide the pages of the first `bytes` now, not at their first use in the middle
// of something that is timed.
void ig_arena_touch(ig_arena *arena, size_t bytes);
// Tells the system that memory after the first `bytes` will be touched sparsely: no huge pages
// there.
void ig_arena_sparse(ig_arena *arena, size_t bytes);
// count * size bytes, aligned to IG_ALIGNMENT, with one alignment unit of padding after them
// (kernels may over-read, never over-write). NULL while measuring.
void *ig_arena_take(ig_arena *arena, size_t count, size_t size);
// For scratch: releasing gives back what was taken since the mark.
size_t ig_arena_mark(const ig_arena *arena);
void ig_arena_release(ig_arena *arena, size_t mark);

#define IG_TAKE(arena, type, count) ((type *)ig_arena_take((arena), (size_t)(count), sizeof(type)))
#endif
