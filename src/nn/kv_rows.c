#include "nn/kv_rows.h"

#include <string.h>

#include "base/bf16.h"

ig_kv_rows ig_kv_rows_take(ig_arena *arena, bool bf16, size_t count) {
  ig_kv_rows rows = {0};
  if (bf16)
    rows.bf16 = IG_TAKE(arena, uint16_t, count);
  else
    rows.fp32 = IG_TAKE(arena, float, count);
  return rows;
}

ig_kv_rows ig_kv_rows_from(ig_kv_rows rows, size_t offset) {
  if (rows.bf16) return (ig_kv_rows){.bf16 = rows.bf16 + offset};
  return (ig_kv_rows){.fp32 = rows.fp32 + offset};
}

void ig_kv_rows_store(ig_kv_rows rows, size_t count, const float *values) {
  if (rows.bf16)
    ig_bf16_from_floats(count, values, rows.bf16);
  else
    memcpy(rows.fp32, values, count * sizeof *values);
}
