#include "fuse/align/weight_gains.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"

enum { DEPTH = 1024 };  // of a product, at most

static size_t most_places(const ig_symmetries *s) {
  size_t most = 0;
  for (size_t i = 0; i < s->count; i++) most = ig_size_larger(most, s->permutations[i].count);
  return most;
}

static size_t scratch_of(const ig_symmetries *s, const ig_nn *nn) {
  const size_t most = most_places(s);
  return ig_gemm_scratch(nn, most, most, DEPTH);
}

size_t ig_weight_gains_memory(const ig_symmetries *s, const ig_kernels *kernels) {
  const ig_nn nn = {.kernels = kernels};
  const size_t most = most_places(s);
  return most * most * (sizeof(double) + sizeof(float)) + most * DEPTH * sizeof(float) +
         scratch_of(s, &nn);
}

ig_status ig_weight_gains_create(ig_weight_gains *g, ig_error *err) {
  size_t square;
  const size_t most = most_places(g->symmetries);
  if (!ig_size_multiply(most, most, &square)) square = SIZE_MAX;
  g->product = ig_allocate(square, sizeof *g->product, err);
  g->gain = ig_allocate(square, sizeof *g->gain, err);
  g->gathered = ig_allocate(most, DEPTH * sizeof *g->gathered, err);
  if (!g->product || !g->gain || !g->gathered) return IG_ERROR_MEMORY;
  IG_TRY(ig_arena_create(&g->scratch, scratch_of(g->symmetries, &g->nn), err));
  g->nn.scratch = &g->scratch;
  return IG_OK;
}

void ig_weight_gains_free(ig_weight_gains *g) {
  free(g->product);
  free(g->gain);
  free(g->gathered);
  ig_arena_free(&g->scratch);
}

// ---- one matrix -------------------------------------------------------------

// The part of a matrix that one product takes: `depth` columns or rows from `first` on of the side
// that does not go by the permutation, in the order of the other permutation.
typedef struct slice {
  const ig_symmetric_matrix *matrix;
  const uint32_t *order;  // NULL: they stay
  size_t first, depth;
} slice;

static size_t place_of(const slice *s, size_t p) {
  return s->order ? s->order[s->first + p] : s->first + p;
}

// Rows against rows: sums over columns.
static void multiply_rows(ig_weight_gains *g, const slice *s) {
  const ig_symmetric_matrix *m = s->matrix;
  const float *from = g->from + m->offset;
  for (size_t j = 0; j < m->rows; j++)
    for (size_t p = 0; p < s->depth; p++)
      g->gathered[j * s->depth + p] = from[j * m->columns + place_of(s, p)];
  const ig_gemm product = {.m = m->rows,
                           .n = m->rows,
                           .k = s->depth,
                           .a = g->to + m->offset + s->first,
                           .a_row = m->columns,
                           .a_depth = 1,
                           .b = g->gathered,
                           .b_depth = 1,
                           .b_column = s->depth,
                           .c = g->product,
                           .c_row = m->rows};
  ig_gemm_run(&g->nn, &product);
}

// Columns against columns: sums over rows.
static void multiply_columns(ig_weight_gains *g, const slice *s) {
  const ig_symmetric_matrix *m = s->matrix;
  const float *from = g->from + m->offset;
  for (size_t p = 0; p < s->depth; p++)
    memcpy(g->gathered + p * m->columns, from + place_of(s, p) * m->columns,
           m->columns * sizeof *from);
  const ig_gemm product = {.m = m->columns,
                           .n = m->columns,
                           .k = s->depth,
                           .a = g->to + m->offset + s->first * m->columns,
                           .a_row = 1,
                           .a_depth = m->columns,
                           .b = g->gathered,
                           .b_depth = m->columns,
                           .b_column = 1,
                           .c = g->product,
                           .c_row = m->columns};
  ig_gemm_run(&g->nn, &product);
}

static void add_matrix(ig_weight_gains *g, const ig_symmetric_matrix *m, bool by_rows,
                       const uint32_t *other_order) {
  const size_t n = by_rows ? m->rows : m->columns, depth = by_rows ? m->columns : m->rows;
  for (size_t first = 0; first < depth; first += DEPTH) {
    const slice s = {.matrix = m,
                     .order = other_order,
                     .first = first,
                     .depth = ig_size_smaller(DEPTH, depth - first)};
    if (by_rows)
      multiply_rows(g, &s);
    else
      multiply_columns(g, &s);
    for (size_t i = 0; i < n * n; i++) g->gain[i] += (double)g->product[i];
  }
}

void ig_weight_gains_find(ig_weight_gains *g, const ig_order_gains_wanted *wanted) {
  const ig_symmetries *s = g->symmetries;
  const size_t n = s->permutations[wanted->permutation].count;
  memset(g->gain, 0, n * n * sizeof *g->gain);
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *m = &s->matrices[i];
    const bool by_rows = m->of_rows == (int)wanted->permutation;
    if (!by_rows && m->of_columns != (int)wanted->permutation) continue;
    const int other = by_rows ? m->of_columns : m->of_rows;
    if (other >= 0 && wanted->of_fixed) continue;
    add_matrix(g, m, by_rows, other < 0 ? NULL : wanted->orders + s->permutations[other].begin);
  }
}

// ---- the whole --------------------------------------------------------------

typedef struct products {
  double both, to, from;
} products;

static void add_row(products *sums, const float *to, const float *from, const uint32_t *order,
                    size_t columns) {
  for (size_t j = 0; j < columns; j++) {
    const double x = (double)to[j], y = (double)from[order ? order[j] : j];
    sums->both += x * y;
    sums->to += x * x;
    sums->from += y * y;
  }
}

double ig_weight_gains_similarity(const ig_weight_gains *g, const uint32_t *orders) {
  const ig_symmetries *s = g->symmetries;
  products sums = {0};
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *m = &s->matrices[i];
    const uint32_t *rows = m->of_rows < 0 ? NULL : orders + s->permutations[m->of_rows].begin,
                   *columns =
                       m->of_columns < 0 ? NULL : orders + s->permutations[m->of_columns].begin;
    const float *to = g->to + m->offset, *from = g->from + m->offset;
    for (size_t r = 0; r < m->rows; r++)
      add_row(&sums, to + r * m->columns, from + (rows ? rows[r] : r) * m->columns, columns,
              m->columns);
  }
  return sums.to > 0 && sums.from > 0 ? sums.both / sqrt(sums.to * sums.from) : 0;
}
