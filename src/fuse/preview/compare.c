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

double ig_compare_cosine(const ig_compared_pair *pair) {
  const double x = norm(pair->xx), y = norm(pair->yy);
  return x < 1e-20 || y < 1e-20 ? NAN : fmin(fmax(pair->xy / (x * y), -1), 1);
}

double ig_compare_distance(const ig_compared_pair *pair) {
  const double x = norm(pair->xx), y = norm(pair->yy);
  return 2 * norm(x * x + y * y - 2 * pair->xy) / fmax(x + y, 1e-30);
}

static double distance_from_base(const double *p, size_t n, size_t base) {
  double distance = 0;
  for (size_t i = 0; i < base; i++)
    distance += norm(between(p, n, base, i, i)) / fmax(norm(product(p, n, base, base)), 1e-30) /
                (double)base;
  return distance;
}

static void summarize(const double *p, size_t inputs, bool has_base, ig_comparison *out) {
  const size_t n = inputs + has_base, base = has_base ? inputs : n;
  double distance = 0, cosine = 0;
  size_t count = 0, known = 0;
  for (size_t i = 0; i < inputs; i++) {
    for (size_t j = 0; j < i; j++, count++) {
      out->pairs[count] = (ig_compared_pair){between(p, n, base, i, i), between(p, n, base, j, j),
                                             between(p, n, base, i, j)};
      const double c = ig_compare_cosine(&out->pairs[count]);
      distance += ig_compare_distance(&out->pairs[count]);
      if (isnan(c)) continue;
      cosine += c;
      known++;
    }
  }
  out->distance =
      has_base ? distance_from_base(p, n, base) : distance / (double)(count ? count : 1);
  out->cosine = known ? cosine / (double)known : NAN;
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

static size_t pairs_of(const ig_plan_tensor *t) { return t->inputs * (t->inputs - 1) / 2; }

static ig_status list_items(const ig_fusion_plan *plan, ig_comparisons *out, ig_error *err) {
  size_t pairs = 0;
  out->items = ig_allocate(plan->count, sizeof *out->items, err);
  if (!out->items) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (t->copied || t->inputs + (t->base.tensor != NULL) <= 1) continue;
    out->items[out->count++].tensor = t;
    pairs += pairs_of(t);
  }
  out->pairs = ig_allocate(pairs, sizeof *out->pairs, err);
  if (!out->pairs) return IG_ERROR_MEMORY;
  for (size_t i = 0, at = 0; i < out->count; at += pairs_of(out->items[i++].tensor))
    out->items[i].pairs = out->pairs + at;
  return IG_OK;
}

ig_status ig_compare_plan(const ig_fusion_plan *plan, ig_pool *pool, ig_comparisons *out,
                          ig_error *err) {
  *out = (ig_comparisons){.count = 0};
  ig_status status = list_items(plan, out, err);
  comparing c = {.plan = plan, .items = out->items};
  if (status == IG_OK) status = ig_matched_rows_fill_padding(plan, err);
  if (status == IG_OK) status = compare_all(&c, out->count, pool, err);
  if (status != IG_OK) ig_compare_free(out);
  return status;
}

void ig_compare_free(ig_comparisons *compared) {
  free(compared->items);
  free(compared->pairs);
  *compared = (ig_comparisons){.count = 0};
}
