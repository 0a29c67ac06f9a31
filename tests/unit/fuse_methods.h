// One small tensor through a method of fusion, in memory: cut into blocks, gathered as by several
// threads, combined.
#ifndef TEST_FUSE_METHODS_H
#define TEST_FUSE_METHODS_H
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fuse/method/method.h"

enum { MOST_VALUES = 4096, MOST_MODELS = 4 };

typedef struct example {
  const char *method;
  size_t rows, columns;
  int rank;                // 0: 2, or 1 of one row
  size_t first_dimension;  // 0: rows, or columns of one row
  const float *base;       // or NULL
  const float *x[MOST_MODELS];
  const float *statistics[MOST_MODELS];  // of each model, or none
  double norms[MOST_MODELS];             // of these
  struct {
    const char *name;
    double value[MOST_MODELS];  // of each model; the first one where it is of the whole
  } set[5];
} example;

static inline size_t inputs_of(const example *e) {
  size_t count = 0;
  while (count < MOST_MODELS && e->x[count]) count++;
  return count;
}

static inline void set_parameters(const example *e, const ig_method *method,
                                  double (*of_model)[IG_METHOD_PARAMETERS], double *shared) {
  for (size_t p = 0; p < IG_METHOD_PARAMETERS && method->parameters[p].name; p++) {
    const double *values = NULL;
    for (size_t i = 0; i < 5 && e->set[i].name; i++)
      if (strcmp(e->set[i].name, method->parameters[p].name) == 0) values = e->set[i].value;
    shared[p] = values ? values[0] : method->parameters[p].fallback;
    for (size_t k = 0; k < inputs_of(e); k++)
      of_model[k][p] = values ? values[k] : method->parameters[p].fallback;
  }
}

// x (2 * MOST_MODELS): room for the pointers of the block.
static inline ig_merge_block block_at(const example *e, size_t block_rows, size_t index,
                                      const float **x, float *scratch) {
  const size_t row = index * block_rows,
               rows = e->rows - row < block_rows ? e->rows - row : block_rows,
               first = row * e->columns;
  for (size_t k = 0; k < inputs_of(e); k++) {
    x[k] = e->x[k] + first;
    if (e->statistics[k]) x[MOST_MODELS + k] = e->statistics[k] + first;
  }
  return (ig_merge_block){.index = index,
                          .first_row = row,
                          .rows = rows,
                          .count = rows * e->columns,
                          .x = x,
                          .statistics = e->statistics[0] ? x + MOST_MODELS : NULL,
                          .base = e->base ? e->base + first : NULL,
                          .scratch = scratch};
}

// Blocks are seen last to first, by `threads` in turn, each with counts of its own.
static inline void gather_blocks(ig_merge_tensor *m, const example *e, size_t block_rows, int pass,
                                 size_t threads) {
  const ig_method *method = m->method;
  const size_t sums = method->sums ? method->sums(m, pass) : 0,
               counts = method->counts ? method->counts(m, pass) : 0;
  double *all = calloc(sums * m->blocks + 1, sizeof *all);
  uint64_t *counted = calloc(counts * threads + 1, sizeof *counted);
  float *scratch = calloc((m->inputs + 2) * MOST_VALUES, sizeof *scratch);
  for (size_t i = m->blocks; i-- > 0;) {
    const float *x[2 * MOST_MODELS];
    const ig_merge_block block = block_at(e, block_rows, i, x, scratch);
    method->gather(m, pass, &block, &(ig_gathered){all + i * sums, counted + i % threads * counts});
  }
  for (size_t i = 1; i < m->blocks; i++)
    for (size_t s = 0; s < sums; s++) all[s] += all[i * sums + s];
  for (size_t t = 1; t < threads; t++)
    for (size_t c = 0; c < counts; c++) counted[c] += counted[t * counts + c];
  method->end_pass(m, pass, &(ig_gathered){all, counted});
  free(all);
  free(counted);
  free(scratch);
}

static inline void fuse_cut(const example *e, size_t block_rows, size_t threads, float *out) {
  static const size_t model_keys[MOST_MODELS] = {0, 1, 2, 3};
  double of_model[MOST_MODELS][IG_METHOD_PARAMETERS] = {{0}}, shared[IG_METHOD_PARAMETERS] = {0};
  const ig_method *method = ig_method_find(e->method);
  assert_non_null(method);
  ig_merge_tensor m = {.method = method,
                       .name = "tensor",
                       .rows = e->rows,
                       .columns = e->columns,
                       .rank = e->rank        ? e->rank
                               : e->rows == 1 ? 1
                                              : 2,
                       .first_dimension = e->first_dimension ? e->first_dimension
                                          : e->rows == 1     ? e->columns
                                                             : e->rows,
                       .blocks = (e->rows + block_rows - 1) / block_rows,
                       .inputs = inputs_of(e),
                       .has_base = e->base != NULL,
                       .of_model = (const double(*)[IG_METHOD_PARAMETERS])of_model,
                       .shared = shared,
                       .model_keys = model_keys,
                       .seed = 7,
                       .statistic_norms = e->statistics[0] ? e->norms : NULL};
  assert_int_equal(ig_kernels_select(&m.kernels, NULL), IG_OK);
  set_parameters(e, method, of_model, shared);
  m.state = calloc((method->state_size ? method->state_size(&m) : 0) + 1, 1);
  m.workspace = malloc((method->workspace_size ? method->workspace_size(&m) : 0) + 1);
  if (method->begin) method->begin(&m);
  for (int pass = 0; pass < method->passes; pass++)
    if (!method->wants || method->wants(&m, pass)) gather_blocks(&m, e, block_rows, pass, threads);
  float *scratch = calloc((m.inputs + 2) * MOST_VALUES, sizeof *scratch);
  for (size_t i = 0; i < m.blocks; i++) {
    const float *x[2 * MOST_MODELS];
    const ig_merge_block block = block_at(e, block_rows, i, x, scratch);
    method->combine(&m, &block, out + i * block_rows * e->columns);
  }
  free(scratch);
  free(m.workspace);
  free(m.state);
}

// In blocks of one row by one thread and by three, and in one block: finite values, the same bytes
// for any number of threads.
static inline void fuse_example(const example *e, float *out) {
  static float three[MOST_VALUES], whole[MOST_VALUES];
  const size_t count = e->rows * e->columns;
  fuse_cut(e, 1, 1, out);
  fuse_cut(e, 1, 3, three);
  fuse_cut(e, e->rows, 1, whole);
  assert_memory_equal(out, three, count * sizeof *out);
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(out[i])) fail_msg("%s: value %zu is %g", e->method, i, (double)out[i]);
    // Random numbers belong to blocks in some methods: those are not asked to be the same in
    // another cut.
    if (!ig_method_find(e->method)->draws)
      assert_true(fabs((double)(out[i] - whole[i])) <= 1e-6 * fmax(1, fabs((double)out[i])));
  }
}

static inline void expect_values(const example *e, const double *expected) {
  static float out[MOST_VALUES];
  fuse_example(e, out);
  for (size_t i = 0; i < e->rows * e->columns; i++)
    if (fabs((double)out[i] - expected[i]) > 1e-6 * fmax(1, fabs(expected[i])))
      fail_msg("%s: value %zu is %.8g, expected %.8g", e->method, i, (double)out[i], expected[i]);
}

#define VALUES(...) ((const float[]){__VA_ARGS__})
#define EXPECT(expected_, ...) \
  expect_values(&(example){__VA_ARGS__}, (const double[]){UNPACK expected_})
#define UNPACK(...) __VA_ARGS__
#endif
