#include "fuse/run/blocking.h"

#include "fuse/plan/planned_statistics.h"

// The most values of a block, unless one row has more. The blocks of a few models fit into an L2
// cache together.
enum { BLOCK = 1 << 15, MODELS = 64 };

// Of many models blocks are shorter, so that buffers do not grow with their number.
static size_t values_of_block(size_t inputs) {
  return inputs <= MODELS ? BLOCK : BLOCK / ((inputs + MODELS - 1) / MODELS);
}

ig_blocking ig_blocking_of(const ig_plan_tensor *t) {
  const size_t values = values_of_block(t->inputs);
  ig_blocking b = {.rows = ig_fusion_plan_rows(t), .columns = t->rank ? t->shape[t->rank - 1] : 1};
  if (b.columns == 0) b.rows = 0;
  b.block_rows = b.columns && b.columns < values ? values / b.columns : 1;
  if (b.block_rows > b.rows) b.block_rows = b.rows ? b.rows : 1;
  b.blocks = (b.rows + b.block_rows - 1) / b.block_rows;
  return b;
}

bool ig_blocking_has_grams(const ig_plan_tensor *t) {
  return t->method->statistics == IG_STATISTIC_KIND_GRAM && !t->copied &&
         ig_planned_statistics_values(t) > 0;
}

ig_merge_tensor ig_blocking_merge_tensor(const ig_fusion_plan *plan, const ig_plan_tensor *t,
                                         const ig_blocking *b) {
  return (ig_merge_tensor){.method = t->method,
                           .kernels = plan->kernels,
                           .name = t->name,
                           .rows = b->rows,
                           .columns = b->columns,
                           .rank = t->rank,
                           .first_dimension = t->rank && t->shape[0] ? t->shape[0] : 1,
                           .blocks = b->blocks,
                           .inputs = t->inputs,
                           .has_base = t->base.tensor != NULL,
                           .of_model = (const double(*)[IG_METHOD_PARAMETERS])t->of_model,
                           .shared = t->shared,
                           .model_keys = t->model_keys,
                           .seed = plan->recipe->seed,
                           .statistic_norms = t->statistic_norms,
                           .coefficients = t->coefficients,
                           .coefficient_rows = t->coefficient_rows};
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

ig_blocking ig_blocking_of_joined(const ig_fusion_plan *plan, const ig_plan_tensor **first) {
  ig_blocking b = {.rows = 1, .block_rows = 1};
  *first = NULL;
  for (size_t i = 0; i < plan->count; i++) {
    if (!ig_fusion_plan_joins(&plan->tensors[i])) continue;
    if (!*first) *first = &plan->tensors[i];
    b.columns += plan->tensors[i].elements;
    b.blocks += ig_blocking_of(&plan->tensors[i]).blocks;
  }
  return b;
}

static void add_gathered(const ig_merge_tensor *merge, const ig_blocking *b, ig_blocking_sizes *s) {
  const ig_method *method = merge->method;
  for (int pass = 0; pass < method->passes; pass++) {
    const size_t sums = method->sums ? method->sums(merge, pass) : 0;
    s->sums = larger(s->sums, sums);
    s->all_sums = larger(s->all_sums, sums * b->blocks);
    if (method->counts) s->counts = larger(s->counts, method->counts(merge, pass));
  }
}

static void add_joined(const ig_fusion_plan *plan, ig_blocking_sizes *s) {
  const ig_plan_tensor *first;
  const ig_blocking b = ig_blocking_of_joined(plan, &first);
  if (!first) return;
  const ig_method *method = first->method;
  const ig_merge_tensor merge = ig_blocking_merge_tensor(plan, first, &b);
  s->blocks = larger(s->blocks, b.blocks);
  if (method->state_size) s->joined_state = method->state_size(&merge);
  if (method->workspace_size) s->workspace = larger(s->workspace, method->workspace_size(&merge));
  if (method->probe_size) s->probe = larger(s->probe, method->probe_size(&merge));
  add_gathered(&merge, &b, s);
}

ig_blocking_sizes ig_blocking_measure(const ig_fusion_plan *plan) {
  ig_blocking_sizes s = {0};
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    const ig_method *method = t->method;
    const ig_blocking b = ig_blocking_of(t);
    const ig_merge_tensor merge = ig_blocking_merge_tensor(plan, t, &b);
    s.values = larger(s.values, b.block_rows * b.columns);
    s.inputs = larger(s.inputs, t->inputs);
    s.blocks = larger(s.blocks, b.blocks);
    for (size_t k = 0; k < t->inputs; k++)
      s.lora = larger(s.lora, ig_lora_scratch(&t->input[k].lora, b.block_rows * b.columns));
    s.lora = larger(s.lora, ig_lora_scratch(&t->base.lora, b.block_rows * b.columns));
    if (t->copied) continue;
    const bool has_grams = ig_blocking_has_grams(t), large = b.blocks > 1 || has_grams;
    if (has_grams) s.gram = larger(s.gram, ig_planned_statistics_values(t));
    size_t *state = large ? &s.large_state : &s.state,
           *workspace = large ? &s.workspace : &s.small_workspace;
    if (method->state_size) *state = larger(*state, method->state_size(&merge));
    if (method->workspace_size) *workspace = larger(*workspace, method->workspace_size(&merge));
    if (method->probe_size && b.blocks > 1) s.probe = larger(s.probe, method->probe_size(&merge));
    add_gathered(&merge, &b, &s);
  }
  add_joined(plan, &s);
  return s;
}
