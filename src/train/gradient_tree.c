#include "train/gradient_tree.h"

#include <string.h>

#include "model/create/layout.h"

enum { BLOCK = 65536 };  // values of a task: its size changes no bit

static size_t values_of(const ig_gradient_tree *t) { return ig_parameter_groups_values(t->groups); }

ig_status ig_gradient_tree_reserve(ig_gradient_tree *t, ig_error *err) {
  size_t most = 0;
  for (size_t leaves = t->leaves; leaves > 1; leaves /= 2) most++;
  t->depth = 0;
  return most ? ig_layout_reserve(&t->memory, most * values_of(t), &t->aside, err) : IG_OK;
}

void ig_gradient_tree_free(ig_gradient_tree *t) {
  ig_arena_free(&t->memory);
  *t = (ig_gradient_tree){0};
}

typedef struct tree_work {
  const ig_gradient_tree *tree;
  float *aside;  // (values): the uppermost branch that is aside
  ig_parameter_visit *visit;
} tree_work;

static void add_aside(void *context, const ig_parameter_span *span, size_t begin, size_t end) {
  (void)span;
  const tree_work *w = context;
  float *gradients = w->tree->gradients;
  w->tree->kernels->add(end - begin, w->aside + begin, gradients + begin, gradients + begin);
}

static void put_aside(void *context, const ig_parameter_span *span, size_t begin, size_t end) {
  (void)span;
  const tree_work *w = context;
  float *gradients = w->tree->gradients;
  memcpy(w->aside + begin, gradients + begin, (end - begin) * sizeof *gradients);
  memset(gradients + begin, 0, (end - begin) * sizeof *gradients);
}

static void work_on_block(void *context, size_t index, int worker) {
  (void)worker;
  tree_work *w = context;
  ig_parameter_groups_walk(w->tree->groups, index * BLOCK, (index + 1) * BLOCK, w->visit, w);
}

// Visits all gradients beside branch `index` of those that are aside.
static void visit_all(const ig_gradient_tree *t, size_t index, ig_parameter_visit *visit) {
  const size_t values = values_of(t);
  tree_work work = {.tree = t, .aside = t->aside + index * values, .visit = visit};
  ig_pool_run(t->pool, (values + BLOCK - 1) / BLOCK, work_on_block, &work);
}

void ig_gradient_tree_add(ig_gradient_tree *t, size_t leaf) {
  const bool last = leaf + 1 == t->leaves;
  // A leaf completes one branch for each 1 at the end of its number; the last one, all.
  for (size_t bits = leaf; t->depth > 0 && (last || (bits & 1)); bits >>= 1)
    visit_all(t, --t->depth, add_aside);
  if (!last) visit_all(t, t->depth++, put_aside);
}
