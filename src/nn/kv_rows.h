// Rows of keys and values, which a decoder keeps and reads again in each step: in float32, or in
// bfloat16. Where many sentences are decoded together, reading them costs more than reading the
// weights, and bfloat16 halves it.
#ifndef IG_NN_KV_ROWS_H
#define IG_NN_KV_ROWS_H
#include <stdbool.h>
#include "base/arena.h"

// One of the two; the other is NULL.
typedef struct ig_kv_rows {
  float *fp32;
  uint16_t *bf16;
} ig_kv_rows;

ig_kv_rows ig_kv_rows_take(ig_arena *arena, bool bf16, size_t count);
// The rows from element `offset` on.
ig_kv_rows ig_kv_rows_from(ig_kv_rows rows, size_t offset);
// Writes `count` values to the beginning of the rows.
void ig_kv_rows_store(ig_kv_rows rows, size_t count, const float *values);
#endif
