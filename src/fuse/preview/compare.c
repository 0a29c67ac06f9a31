#include "fuse/preview/compare.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/run/blocking.h"
#include "numeric/sums.h"
#include "fuse/run/matched_rows.h"
#include "fuse/run/values.h"

// The buffers of one thread.
typedef struct comparison_worker {
  float *values;     // (inputs + base, block)
  float *lora;       // scratch for an adapter
  double *products;  // (inputs + base, inputs + base)
} comparison_worker;

typedef struct comparing {
  const ig_fusion_plan *plan;
  ig_comparison *items;
  comparison_worker *workers;
  size_t block;  // values of the largest block
} comparing;

// Adds the products of all pairs of vectors to the lower triangle of products (n, n). The base is
// the last vector, after the inputs.
static void multiply(const comparing *c, size_t n, const float *values, size_t count,
                     double *products) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++)
      products[i * n + j] +=
          ig_sums_of_products(count, values + i * c->block, values + j * c->block);
}

static double product(const double *products, size_t n, size_t i, size_t j) {
  return i > j ? products[i * n + j] : products[j * n + i];
}

// The inner product <x_i - base, x_j - base>, from the products p (n, n) of all pairs of vectors.
// `base` is the index of the base among the vectors; if it is n, there is no base, and the result
// is <x_i, x_j>.
static double between(const double *p, size_t n, size_t base, size_t i, size_t j) {
  if (base == n) return product(p, n, i, j);
  return product(p, n, i, j) - product(p, n, i, base) - product(p, n, j, base) +
         product(p, n, base, base);
}

static double norm(double square) { return sqrt(fmax(square, 0)); }

static void summarize(const double *p, size_t inputs, bool has_base, ig_comparison *out) {
  const size_t n = inputs + has_base, base = has_base ? inputs : n;
  double distance = 0, cosine = 0, least = 2;
  size_t pairs = 0, known = 0;
  for (size_t i = 0; i < inputs; i++) {
    if (has_base)
      distance += norm(between(p, n, base, i, i)) / fmax(norm(product(p, n, base, base)), 1e-30) /
                  (double)inputs;
    for (size_t j = 0; j < i; j++, pairs++) {
      const double x = norm(between(p, n, base, i, i)), y = norm(between(p, n, base, j, j)),
                   xy = between(p, n, base, i, j);
      if (!has_base) distance += 2 * norm(x * x + y * y - 2 * xy) / fmax(x + y, 1e-30);
      if (x < 1e-20 || y < 1e-20) continue;
      const double c = fmin(fmax(xy / (x * y), -1), 1);
      cosine += c;
      least = fmin(least, c);
      known++;
    }
  }
  out->distance = has_base ? distance : distance / (double)(pairs ? pairs : 1);
  out->cosine = known ? cosine / (double)known : NAN;
  out->least_cosine = known ? least : NAN;
}

static ig_status compare_inputs(const comparing *c, comparison_worker *w, ig_comparison *out,
                                ig_error *err) {
  const ig_plan_tensor *t = out->tensor;
  const ig_blocking blocking = ig_blocking_of(t);
  const size_t step = blocking.block_rows * blocking.columns;
  const size_t n = t->inputs + (t->base.tensor != NULL);
  ig_values_source from = {.recipe = c->plan->recipe, .tensor = t, .scratch = w->lora};
  for (size_t i = 0; i < n * n; i++) w->products[i] = 0;
  for (size_t at = 0; at < t->elements; at += step) {
    const size_t count = t->elements - at < step ? t->elements - at : step;
    for (size_t i = 0; i < n; i++) {
      from.input = i < t->inputs ? &t->input[i] : &t->base;
      IG_TRY(ig_values_read(&from, at, count, w->values + i * c->block, err));
    }
    multiply(c, n, w->values, count, w->products);
  }
  summarize(w->products, t->inputs, t->base.tensor != NULL, out);
  return IG_OK;
}

static ig_status compare_task(void *context, size_t index, int worker, ig_error *err) {
  const comparing *c = context;
  return compare_inputs(c, &c->workers[worker], &c->items[index], err);
}

static ig_status allocate_workers(comparing *c, int threads, ig_error *err) {
  const ig_blocking_sizes sizes = ig_blocking_measure(c->plan);
  const size_t vectors = sizes.inputs + 1;
  c->block = sizes.values;
  c->workers = ig_allocate((size_t)threads, sizeof *c->workers, err);
  if (!c->workers) return IG_ERROR_MEMORY;
  for (int i = 0; i < threads; i++) {
    comparison_worker *w = &c->workers[i];
    w->values = ig_allocate(vectors * c->block, sizeof(float), err);
    w->lora = ig_allocate(sizes.lora, sizeof(float), err);
    w->products = ig_allocate(vectors * vectors, sizeof(double), err);
    if (!w->values || !w->lora || !w->products) return IG_ERROR_MEMORY;
  }
  return IG_OK;
}

static ig_status compare_all(comparing *c, size_t count, ig_pool *pool, ig_error *err) {
  const int threads = ig_pool_threads(pool);
  ig_status status = allocate_workers(c, threads, err);
  if (status == IG_OK) status = ig_pool_try(pool, count, compare_task, c, err);
  for (int i = 0; c->workers && i < threads; i++) {
    free(c->workers[i].values);
    free(c->workers[i].lora);
    free(c->workers[i].products);
  }
  free(c->workers);
  return status;
}

ig_status ig_compare_plan(const ig_fusion_plan *plan, ig_pool *pool, ig_comparison **out,
                          size_t *count, ig_error *err) {
  comparing c = {.plan = plan, .items = ig_allocate(plan->count, sizeof *c.items, err)};
  *out = NULL;
  *count = 0;
  if (!c.items) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!t->copied && t->inputs + (t->base.tensor != NULL) > 1) c.items[(*count)++].tensor = t;
  }
  ig_status status = ig_matched_rows_fill_padding(plan, err);
  if (status == IG_OK) status = compare_all(&c, *count, pool, err);
  if (status == IG_OK)
    *out = c.items;
  else
    free(c.items);
  return status;
}

ig_status ig_compare_and_write_page(const ig_fusion_plan *plan, ig_pool *pool, const char *path,
                                    ig_error *err) {
  ig_comparison *items;
  size_t count;
  IG_TRY(ig_compare_plan(plan, pool, &items, &count, err));
  const ig_status status = ig_compare_write_page(plan, items, count, path, err);
  free(items);
  return status;
}
