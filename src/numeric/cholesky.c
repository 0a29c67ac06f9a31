// Columns are done in blocks. The values of a block lose what the columns before it make up, which
// is most of the work and goes row by row in parallel; then the block is factored, its square on
// the diagonal first   (Golub & Van Loan, 4.2.9).
#include "numeric/cholesky.h"

#include <math.h>

#include "base/vectors.h"
#include "numeric/sums.h"

enum { COLUMNS = 32, ROWS = 16 };

// x -= factor * y, (count).
IG_VECTORS static void subtract(size_t count, double factor, const double *restrict y,
                                double *restrict x) {
  for (size_t i = 0; i < count; i++) x[i] -= factor * y[i];
}

typedef struct column_block {
  double *a;  // (n, n)
  size_t n, first, end;
  size_t from;  // the first of the rows of a loop
} column_block;

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t tasks_of(const column_block *b) { return (b->n - b->from + ROWS - 1) / ROWS; }

// Takes from the block's values in these rows what the columns before the block make up.
static void subtract_columns(void *context, size_t index, int worker) {
  (void)worker;
  const column_block *b = context;
  const size_t row = b->from + index * ROWS, end = least(row + ROWS, b->n);
  for (size_t i = row; i < end; i++)
    for (size_t j = b->first; j < least(b->end, i + 1); j++)
      b->a[i * b->n + j] -= ig_sums_of_double_products(b->first, b->a + i * b->n, b->a + j * b->n);
}

// The value of L in row i and column j of the block, but for the division.
static double remainder_of(const column_block *b, size_t i, size_t j) {
  const double *x = b->a + i * b->n, *y = b->a + j * b->n;
  return x[j] - ig_sums_of_double_products(j - b->first, x + b->first, y + b->first);
}

static bool factor_square(const column_block *b) {
  for (size_t j = b->first; j < b->end; j++) {
    const double square = remainder_of(b, j, j);
    if (!(square > 0)) return false;
    b->a[j * b->n + j] = sqrt(square);
    for (size_t i = j + 1; i < b->end; i++)
      b->a[i * b->n + j] = remainder_of(b, i, j) / b->a[j * b->n + j];
  }
  return true;
}

static void factor_rows(void *context, size_t index, int worker) {
  (void)worker;
  const column_block *b = context;
  const size_t row = b->from + index * ROWS, end = least(row + ROWS, b->n);
  for (size_t i = row; i < end; i++)
    for (size_t j = b->first; j < b->end; j++)
      b->a[i * b->n + j] = remainder_of(b, i, j) / b->a[j * b->n + j];
}

bool ig_cholesky_factor(ig_pool *pool, size_t n, double *a) {
  column_block b = {.a = a, .n = n};
  for (; b.first < n; b.first = b.end) {
    b.end = least(b.first + COLUMNS, n);
    b.from = b.first;
    ig_pool_run(pool, tasks_of(&b), subtract_columns, &b);
    if (!factor_square(&b)) return false;
    b.from = b.end;
    ig_pool_run(pool, tasks_of(&b), factor_rows, &b);
  }
  return true;
}

void ig_cholesky_solve(size_t n, const double *l, size_t rows, double *x) {
  for (size_t j = 0; j < n; j++)  // L y = row
    for (size_t r = 0; r < rows; r++)
      x[r * n + j] =
          (x[r * n + j] - ig_sums_of_double_products(j, l + j * n, x + r * n)) / l[j * n + j];
  for (size_t j = n; j-- > 0;)  // L^T x = y
    for (size_t r = 0; r < rows; r++) {
      x[r * n + j] /= l[j * n + j];
      subtract(j, x[r * n + j], l + j * n, x + r * n);
    }
}
