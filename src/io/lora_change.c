#include "io/lora_change.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

static void free_change(ig_lora_change *change) {
  free(change->factors);
  free(change->rows);
}

ig_status ig_lora_change_add(ig_lora_changes *list, const ig_lora_change *change, ig_error *err) {
  ig_lora_change own = *change;
  const ig_status status = ig_allocate_more((void **)&list->items, &list->capacity, list->count + 1,
                                            sizeof *list->items, err);
  if (status == IG_OK)
    list->items[list->count++] = own;
  else
    free_change(&own);
  return status;
}

void ig_lora_change_free_all(ig_lora_changes *list) {
  for (size_t i = 0; i < list->count; i++) free_change(&list->items[i]);
  free(list->items);
  *list = (ig_lora_changes){0};
}

// ---- a stretch of a weight --------------------------------------------------

// Values first .. end - 1 of a matrix of rows; they begin and end in rows first_row .. last_row.
typedef struct weight_stretch {
  size_t columns, first, end, first_row, rows;
} weight_stretch;

static size_t columns_of(const ig_safetensor *weight) {
  return weight->shape[0] ? weight->elements / weight->shape[0] : 0;
}

static weight_stretch stretch_of(const ig_lora_change *c, size_t first, size_t count) {
  weight_stretch s = {.columns = columns_of(c->weight), .first = first, .end = first + count};
  if (count == 0 || s.columns == 0) return s;
  s.first_row = first / s.columns;
  s.rows = (s.end - 1) / s.columns - s.first_row + 1;
  return s;
}

// Of one row of the stretch: its columns begin .. begin + *count - 1, and where they are in it.
static size_t columns_of_row(const weight_stretch *s, size_t row, size_t *begin, size_t *count) {
  const size_t of_row = (s->first_row + row) * s->columns,
               first = of_row > s->first ? of_row : s->first,
               end = of_row + s->columns < s->end ? of_row + s->columns : s->end;
  *begin = first - of_row;
  *count = end - first;
  return first - s->first;
}

// The most rows that `count` values touch.
static size_t most_rows(const ig_safetensor *weight, size_t count) {
  const size_t columns = columns_of(weight);
  if (columns == 0 || count == 0) return 0;
  const size_t rows = (count - 1) / columns + 2;
  return rows < weight->shape[0] ? rows : weight->shape[0];
}

// ---- products ---------------------------------------------------------------

static size_t rank_of(const ig_lora_change *c) { return c->a->shape[0]; }

// x += scale B A.
static ig_status add_product(const ig_lora_change *c, const weight_stretch *s, float *x,
                             float *scratch, ig_error *err) {
  const size_t rank = rank_of(c);
  float *a = scratch, *b = scratch + c->a->elements;
  IG_TRY(ig_safetensor_read_part(c->a, 0, c->a->elements, a, err));
  IG_TRY(ig_safetensor_read_part(c->b, s->first_row * rank, s->rows * rank, b, err));
  for (size_t row = 0; row < s->rows; row++, b += rank) {
    size_t begin, count;
    float *to = x + columns_of_row(s, row, &begin, &count);
    for (size_t r = 0; r < rank; r++) {
      const float factor = c->scale * b[r], *from = a + r * s->columns + begin;
      for (size_t i = 0; i < count; i++) to[i] += factor * from[i];
    }
  }
  return IG_OK;
}

// x += scale (B A)^T.
static ig_status add_transposed(const ig_lora_change *c, const weight_stretch *s, float *x,
                                float *scratch, ig_error *err) {
  const size_t rank = rank_of(c), in = c->a->shape[1], out = c->b->shape[0];
  float *b = scratch, *b_transposed = b + c->b->elements, *a = b_transposed + c->b->elements;
  for (size_t r = 0; r < rank; r++)
    IG_TRY(ig_safetensor_read_part(c->a, r * in + s->first_row, s->rows, a + r * s->rows, err));
  IG_TRY(ig_safetensor_read_part(c->b, 0, c->b->elements, b, err));
  for (size_t o = 0; o < out; o++)
    for (size_t r = 0; r < rank; r++) b_transposed[r * out + o] = b[o * rank + r];
  for (size_t row = 0; row < s->rows; row++) {
    size_t begin, count;
    float *to = x + columns_of_row(s, row, &begin, &count);
    for (size_t r = 0; r < rank; r++) {
      const float factor = c->scale * a[r * s->rows + row], *from = b_transposed + r * out + begin;
      for (size_t i = 0; i < count; i++) to[i] += factor * from[i];
    }
  }
  return IG_OK;
}

static void multiply(const ig_lora_change *c, const weight_stretch *s, float *x) {
  for (size_t row = 0; row < s->rows; row++) {
    size_t begin, count;
    float *to = x + columns_of_row(s, row, &begin, &count);
    for (size_t i = 0; i < count; i++)
      to[i] *= c->factors[c->transposed ? begin + i : s->first_row + row];
  }
}

static ig_status apply_product(const ig_lora_change *c, size_t first, size_t count, float *x,
                               float *scratch, ig_error *err) {
  const weight_stretch s = stretch_of(c, first, count);
  IG_TRY(c->transposed ? add_transposed(c, &s, x, scratch, err)
                       : add_product(c, &s, x, scratch, err));
  if (c->factors) multiply(c, &s, x);
  return IG_OK;
}

// ---- the others -------------------------------------------------------------

static ig_status apply_vector(const ig_lora_change *c, size_t first, size_t count, float *x,
                              float *scratch, ig_error *err) {
  IG_TRY(ig_safetensor_read_part(c->a, first, count, scratch, err));
  for (size_t i = 0; i < count; i++) x[i] += c->scale * scratch[i];
  return IG_OK;
}

static ig_status replace_rows(const ig_lora_change *c, size_t first, size_t count, float *x,
                              ig_error *err) {
  const weight_stretch s = stretch_of(c, first, count);
  for (size_t i = 0; i < c->a->shape[0]; i++) {
    size_t begin, width;
    if (c->rows[i] < s.first_row || c->rows[i] - s.first_row >= s.rows) continue;
    const size_t to = columns_of_row(&s, c->rows[i] - s.first_row, &begin, &width);
    IG_TRY(ig_safetensor_read_part(c->a, i * s.columns + begin, width, x + to, err));
  }
  return IG_OK;
}

size_t ig_lora_change_scratch(const ig_lora_change *c, size_t count) {
  if (c->kind == IG_LORA_CHANGE_KIND_VECTOR) return count;
  if (c->kind != IG_LORA_CHANGE_KIND_PRODUCT) return 0;
  const size_t rows = most_rows(c->weight, count);
  return c->transposed ? 2 * c->b->elements + rows * rank_of(c)
                       : c->a->elements + rows * rank_of(c);
}

ig_status ig_lora_change_apply(const ig_lora_change *c, size_t first, size_t count, float *x,
                               float *scratch, ig_error *err) {
  switch (c->kind) {
    case IG_LORA_CHANGE_KIND_PRODUCT: return apply_product(c, first, count, x, scratch, err);
    case IG_LORA_CHANGE_KIND_VECTOR: return apply_vector(c, first, count, x, scratch, err);
    case IG_LORA_CHANGE_KIND_WHOLE: return ig_safetensor_read_part(c->a, first, count, x, err);
    case IG_LORA_CHANGE_KIND_ROWS: break;
  }
  return replace_rows(c, first, count, x, err);
}
