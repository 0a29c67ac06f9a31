#include "fuse/align/transport_maps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "numeric/transport.h"

// ---- memory -----------------------------------------------------------------

static size_t heads_of(const ig_permutation *p) { return p->heads ? p->heads : 1; }

// Units that are mixed among themselves.
static size_t size_of(const ig_permutation *p) { return p->count / heads_of(p); }

static size_t most_size(const ig_symmetries *s) {
  size_t most = 1;
  for (size_t i = 0; i < s->count; i++) most = ig_size_larger(most, size_of(&s->permutations[i]));
  return most;
}

static size_t count_shares(const ig_symmetries *s, size_t *begin) {
  size_t count = 0;
  for (size_t i = 0; i < s->count; i++) {
    if (begin) begin[i] = count;
    count += s->permutations[i].count * size_of(&s->permutations[i]);
  }
  return count;
}

static size_t largest_matrix(const ig_symmetries *s) {
  size_t most = 1;
  for (size_t i = 0; i < s->matrix_count; i++)
    most = ig_size_larger(most, s->matrices[i].rows * s->matrices[i].columns);
  return most;
}

// Scratch of the products of the largest matrix's rows and columns.
static size_t scratch_of(const ig_symmetries *s, const ig_nn *nn) {
  size_t most = 0;
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *m = &s->matrices[i];
    most = ig_size_larger(most, ig_gemm_scratch(nn, m->rows, m->columns, m->rows));
    most = ig_size_larger(most, ig_gemm_scratch(nn, m->rows, m->columns, m->columns));
  }
  return most;
}

size_t ig_transport_maps_memory(const ig_symmetries *s, const ig_kernels *kernels) {
  const ig_nn nn = {.kernels = kernels};
  const size_t size = most_size(s);
  const size_t finding = size * size * sizeof(double) + ig_transport_memory(size),
               applying = largest_matrix(s) * sizeof(float) + scratch_of(s, &nn);
  return count_shares(s, NULL) * sizeof(float) + s->count * sizeof(size_t) +
         ig_size_larger(finding, applying);
}

ig_status ig_transport_maps_create(ig_transport_maps *m, ig_error *err) {
  m->begin = ig_allocate(m->symmetries->count, sizeof *m->begin, err);
  if (!m->begin) return IG_ERROR_MEMORY;
  m->shares = ig_allocate(count_shares(m->symmetries, m->begin), sizeof *m->shares, err);
  return m->shares ? IG_OK : IG_ERROR_MEMORY;
}

void ig_transport_maps_free(ig_transport_maps *m) {
  free(m->begin);
  free(m->shares);
  *m = (ig_transport_maps){0};
}

// ---- finding ----------------------------------------------------------------

typedef struct maps_search {
  ig_transport_maps *maps;
  const ig_order_gains *gains;
  const uint32_t *orders;
  ig_pool *pool;
  ig_transport transport;
  double *found;  // (most_size, most_size)
  ig_interrupt_watch watch;
} maps_search;

static ig_status find_map(maps_search *f, size_t permutation, ig_error *err) {
  const ig_permutation *p = &f->maps->symmetries->permutations[permutation];
  const size_t size = size_of(p);
  const double *gain = f->gains->find(
      f->gains->context, &(ig_order_gains_wanted){.permutation = permutation, .orders = f->orders});
  for (size_t h = 0; h < heads_of(p); h++) {
    const size_t head = f->orders[p->begin + h * size] / size;
    const ig_transport_problem problem = {
        .gains = {.gain = gain + h * size * p->count + head * size, .n = size, .stride = p->count},
        .regularization = f->maps->regularization,
        .pool = f->pool,
        .watch = &f->watch};
    const double error = ig_transport_solve(&f->transport, &problem, f->found);
    float *shares = f->maps->shares + f->maps->begin[permutation] + h * size * size;
    for (size_t i = 0; i < size * size; i++) shares[i] = (float)f->found[i];
    f->maps->error = fmax(f->maps->error, error);
    IG_TRY(ig_interrupt_check(&f->watch, err));
  }
  return IG_OK;
}

ig_status ig_transport_maps_find(ig_transport_maps *maps, const ig_order_gains *gains,
                                 const uint32_t *orders, ig_pool *pool,
                                 const ig_interrupter *interrupter, ig_error *err) {
  maps_search f = {.maps = maps,
                   .gains = gains,
                   .orders = orders,
                   .pool = pool,
                   .watch = {.interrupter = interrupter}};
  const size_t size = most_size(maps->symmetries);
  ig_status status = ig_transport_create(size, &f.transport, err);
  f.found = status == IG_OK ? ig_allocate(size, size * sizeof *f.found, err) : NULL;
  if (status == IG_OK && !f.found) status = IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < maps->symmetries->count; i++)
    status = find_map(&f, i, err);
  ig_transport_free(&f.transport);
  free(f.found);
  return status;
}

// ---- applying ---------------------------------------------------------------

typedef struct maps_use {
  const ig_transport_maps *maps;
  const uint32_t *orders;
  ig_nn nn;
  ig_arena scratch;
  float *copy;  // (largest matrix)
} maps_use;

// Rows of each place's head: shares times the rows of the head that comes there.
static void mix_rows(maps_use *u, const ig_symmetric_matrix *m, float *x) {
  const ig_permutation *p = &u->maps->symmetries->permutations[m->of_rows];
  const float *shares = u->maps->shares + u->maps->begin[m->of_rows];
  const size_t size = size_of(p);
  memcpy(u->copy, x, m->rows * m->columns * sizeof *x);
  for (size_t h = 0; h < heads_of(p); h++) {
    const size_t head = u->orders[p->begin + h * size] / size;
    const ig_gemm product = {.m = size,
                             .n = m->columns,
                             .k = size,
                             .a = shares + h * size * size,
                             .a_row = size,
                             .a_depth = 1,
                             .b = u->copy + head * size * m->columns,
                             .b_depth = m->columns,
                             .b_column = 1,
                             .c = x + h * size * m->columns,
                             .c_row = m->columns};
    ig_gemm_run(&u->nn, &product);
  }
}

static void mix_columns(maps_use *u, const ig_symmetric_matrix *m, float *x) {
  const ig_permutation *p = &u->maps->symmetries->permutations[m->of_columns];
  const float *shares = u->maps->shares + u->maps->begin[m->of_columns];
  const size_t size = size_of(p);
  memcpy(u->copy, x, m->rows * m->columns * sizeof *x);
  for (size_t h = 0; h < heads_of(p); h++) {
    const size_t head = u->orders[p->begin + h * size] / size;
    const ig_gemm product = {.m = m->rows,
                             .n = size,
                             .k = size,
                             .a = u->copy + head * size,
                             .a_row = m->columns,
                             .a_depth = 1,
                             .b = shares + h * size * size,
                             .b_depth = 1,
                             .b_column = size,
                             .c = x + h * size,
                             .c_row = m->columns};
    ig_gemm_run(&u->nn, &product);
  }
}

static void mix_all(maps_use *u, float *values) {
  const ig_symmetries *s = u->maps->symmetries;
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *m = &s->matrices[i];
    if (m->of_rows >= 0) mix_rows(u, m, values + m->offset);
    if (m->of_columns >= 0) mix_columns(u, m, values + m->offset);
  }
}

ig_status ig_transport_maps_apply(const ig_transport_maps *maps, const uint32_t *orders,
                                  const ig_nn *nn, float *values, ig_error *err) {
  maps_use u = {.maps = maps, .orders = orders, .nn = *nn};
  u.copy = ig_allocate(largest_matrix(maps->symmetries), sizeof *u.copy, err);
  ig_status status = u.copy ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_arena_create(&u.scratch, scratch_of(maps->symmetries, nn), err);
  u.nn.scratch = &u.scratch;
  if (status == IG_OK) mix_all(&u, values);
  ig_arena_free(&u.scratch);
  free(u.copy);
  return status;
}
