// Arithmetic for cutting counts into blocks.
#ifndef IG_NN_BLOCKS_H
#define IG_NN_BLOCKS_H
#include <stddef.h>

static inline size_t ig_blocks_at_most(size_t x, size_t limit) { return x < limit ? x : limit; }
static inline size_t ig_blocks_at_least(size_t x, size_t limit) { return x > limit ? x : limit; }
// How many parts of size `part` x takes; the last one may be smaller.
static inline size_t ig_blocks_parts(size_t x, size_t part) { return (x + part - 1) / part; }
#endif
