// Costs are negative gains. Prices u of rows and v of columns are kept so that cost - u - v, the
// reduced cost, is never negative, and is 0 for rows and columns that are partners. Each row in its
// turn gets a column by the path of the smallest sum of reduced costs to a column that is free;
// along it, partners change.
#include "numeric/assignment.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"

ig_status ig_assignment_create(size_t capacity, ig_assignment *out, ig_error *err) {
  out->capacity = capacity;
  out->row_price = ig_allocate(capacity, sizeof *out->row_price, err);
  out->column_price = ig_allocate(capacity, sizeof *out->column_price, err);
  out->distance = ig_allocate(capacity, sizeof *out->distance, err);
  out->reached_from = ig_allocate(capacity, sizeof *out->reached_from, err);
  out->row_of = ig_allocate(capacity, sizeof *out->row_of, err);
  out->column_of = ig_allocate(capacity, sizeof *out->column_of, err);
  out->is_settled = ig_allocate(capacity, sizeof *out->is_settled, err);
  return out->row_price && out->column_price && out->distance && out->reached_from && out->row_of &&
                 out->column_of && out->is_settled
             ? IG_OK
             : IG_ERROR_MEMORY;
}

void ig_assignment_free(ig_assignment *a) {
  free(a->row_price);
  free(a->column_price);
  free(a->distance);
  free(a->reached_from);
  free(a->row_of);
  free(a->column_of);
  free(a->is_settled);
  *a = (ig_assignment){0};
}

// Shortens the ways to all columns by those that lead through `row`, to which the way is `length`.
static void relax(ig_assignment *a, const ig_assignment_gains *g, size_t row, double length) {
  const double *gain = g->gain + row * g->stride;
  for (size_t j = 0; j < g->n; j++) {
    const double through = length - gain[j] - a->row_price[row] - a->column_price[j];
    if (a->is_settled[j] || !(through < a->distance[j])) continue;
    a->distance[j] = through;
    a->reached_from[j] = row;
  }
}

// The nearest column that is not settled: of several one that is free, and of those the first.
static size_t find_nearest(const ig_assignment *a, size_t n) {
  size_t nearest = n;
  for (size_t j = 0; j < n; j++) {
    if (a->is_settled[j]) continue;
    const bool is_nearer = nearest == n || a->distance[j] < a->distance[nearest] ||
                           (a->distance[j] == a->distance[nearest] && a->row_of[j] == a->capacity &&
                            a->row_of[nearest] != a->capacity);
    if (is_nearer) nearest = j;
  }
  return nearest;
}

// Finds the shortest way from the row to a free column, which is returned.
static size_t search(ig_assignment *a, const ig_assignment_gains *g, size_t start) {
  for (size_t j = 0; j < g->n; j++) a->distance[j] = INFINITY;
  memset(a->is_settled, 0, g->n);
  double length = 0;
  for (size_t row = start;;) {
    relax(a, g, row, length);
    const size_t column = find_nearest(a, g->n);
    if (a->row_of[column] == a->capacity) return column;
    a->is_settled[column] = 1;
    length = a->distance[column];
    row = a->row_of[column];
  }
}

// Makes the reduced costs along all shortest ways 0, and keeps the others from becoming negative.
static void change_prices(ig_assignment *a, size_t n, size_t start, double length) {
  a->row_price[start] += length;
  for (size_t j = 0; j < n; j++) {
    if (!a->is_settled[j]) continue;
    a->row_price[a->row_of[j]] += length - a->distance[j];
    a->column_price[j] -= length - a->distance[j];
  }
}

static void change_partners(ig_assignment *a, size_t start, size_t free_column) {
  for (size_t column = free_column;;) {
    const size_t row = a->reached_from[column], next = a->column_of[row];
    a->row_of[column] = row;
    a->column_of[row] = column;
    if (row == start) return;
    column = next;
  }
}

double ig_assignment_solve(ig_assignment *a, const ig_assignment_gains *g, uint32_t *column_of) {
  for (size_t i = 0; i < g->n; i++) {
    a->row_price[i] = a->column_price[i] = 0;
    a->row_of[i] = a->column_of[i] = a->capacity;
  }
  for (size_t row = 0; row < g->n; row++) {
    const size_t free_column = search(a, g, row);
    change_prices(a, g->n, row, a->distance[free_column]);
    change_partners(a, row, free_column);
  }
  double sum = 0;
  for (size_t i = 0; i < g->n; i++) {
    column_of[i] = (uint32_t)a->column_of[i];
    sum += g->gain[i * g->stride + a->column_of[i]];
  }
  return sum;
}
