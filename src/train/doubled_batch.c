// Copies ids and offsets one after the other.
#include "train/doubled_batch.h"

#include <string.h>

#include "base/fail.h"

// The arrays of the copy.
typedef struct doubled_arrays {
  int *source, *source_offsets, *target_input, *target_output, *target_offsets;
} doubled_arrays;

static doubled_arrays carve(ig_arena *arena, const ig_batch_bounds *n) {
  doubled_arrays a;
  a.source = IG_TAKE(arena, int, 2 * n->tokens[IG_SIDE_SOURCE]);
  a.target_input = IG_TAKE(arena, int, 2 * n->tokens[IG_SIDE_TARGET]);
  a.target_output = IG_TAKE(arena, int, 2 * n->tokens[IG_SIDE_TARGET]);
  a.source_offsets = IG_TAKE(arena, int, 2 * n->sequences + 1);
  a.target_offsets = IG_TAKE(arena, int, 2 * n->sequences + 1);
  return a;
}

static ig_status reserve(ig_doubled_batch *doubled, const ig_batch_bounds *n, ig_error *err) {
  ig_arena plan = ig_arena_measure();
  carve(&plan, n);
  return ig_arena_reserve(&doubled->memory, plan.peak, 0, err);
}

ig_status ig_doubled_batch_reserve(ig_doubled_batch *doubled, const ig_batch_bounds *most,
                                   ig_error *err) {
  IG_TRY(reserve(doubled, most, err));
  ig_arena_touch(&doubled->memory, doubled->memory.size);
  return IG_OK;
}

static void copy_twice(const int *from, int count, int *to) {
  memcpy(to, from, (size_t)count * sizeof *to);
  memcpy(to + count, from, (size_t)count * sizeof *to);
}

static void continue_offsets(const int *from, int sequences, int *to) {
  for (int s = 0; s <= sequences; s++) {
    to[s] = from[s];
    to[sequences + s] = from[sequences] + from[s];
  }
}

ig_status ig_doubled_batch_fill(ig_doubled_batch *doubled, const ig_batch *batch, ig_error *err) {
  const int sequences = batch->sequences, source = batch->source_offsets[sequences],
            target = batch->target_offsets[sequences];
  const ig_batch_bounds bounds = {.sequences = (size_t)sequences,
                                  .tokens = {(size_t)source, (size_t)target}};
  IG_TRY(reserve(doubled, &bounds, err));
  const doubled_arrays a = carve(&doubled->memory, &bounds);
  copy_twice(batch->source, source, a.source);
  copy_twice(batch->target_input, target, a.target_input);
  copy_twice(batch->target_output, target, a.target_output);
  // The first of the second offsets is the last of the first ones.
  continue_offsets(batch->source_offsets, sequences, a.source_offsets);
  continue_offsets(batch->target_offsets, sequences, a.target_offsets);
  doubled->batch = (ig_batch){.sequences = 2 * sequences,
                              .source = a.source,
                              .source_offsets = a.source_offsets,
                              .target_input = a.target_input,
                              .target_output = a.target_output,
                              .target_offsets = a.target_offsets};
  return IG_OK;
}

void ig_doubled_batch_free(ig_doubled_batch *doubled) {
  ig_arena_free(&doubled->memory);
  *doubled = (ig_doubled_batch){0};
}
