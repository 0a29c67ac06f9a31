#include "fuse/run/blocking.h"

enum { BLOCK = 1 << 15 };  // values, at least: those of a few models stay in L2

ig_cut ig_cut_of(const ig_plan_tensor *t) {
  ig_cut c = {.rows = 1, .columns = t->rank ? t->shape[t->rank - 1] : 1};
  for (int i = 0; i + 1 < t->rank; i++) c.rows *= t->shape[i];
  if (c.columns == 0) c.rows = 0;
  c.block_rows = c.columns && c.columns < BLOCK ? BLOCK / c.columns : 1;
  if (c.block_rows > c.rows) c.block_rows = c.rows ? c.rows : 1;
  c.blocks = (c.rows + c.block_rows - 1) / c.block_rows;
  return c;
}

ig_merge ig_cut_merge(const ig_plan *plan, const ig_plan_tensor *t, const ig_cut *c) {
  return (ig_merge){.method = t->method,
                    .kernels = plan->kernels,
                    .name = t->name,
                    .rows = c->rows,
                    .columns = c->columns,
                    .rank = t->rank,
                    .first_dimension = t->rank && t->shape[0] ? t->shape[0] : 1,
                    .blocks = c->blocks,
                    .inputs = t->inputs,
                    .has_base = t->base.tensor != NULL,
                    .of_model = (const double(*)[IG_METHOD_PARAMETERS])t->of_model,
                    .shared = t->shared,
                    .places = t->places,
                    .seed = plan->recipe->seed};
}

static size_t most(size_t a, size_t b) { return a > b ? a : b; }

ig_cut ig_cut_of_span(const ig_plan *plan, const ig_plan_tensor **first) {
  ig_cut c = {.rows = 1, .block_rows = 1};
  *first = NULL;
  for (size_t i = 0; i < plan->count; i++) {
    if (!ig_plan_spans(&plan->tensors[i])) continue;
    if (!*first) *first = &plan->tensors[i];
    c.columns += plan->tensors[i].elements;
    c.blocks += ig_cut_of(&plan->tensors[i]).blocks;
  }
  return c;
}

static void add_gathered(const ig_merge *merge, const ig_cut *c, ig_sizes *s) {
  const ig_method *method = merge->method;
  for (int pass = 0; pass < method->passes; pass++) {
    const size_t sums = method->sums ? method->sums(merge, pass) : 0;
    s->sums = most(s->sums, sums);
    s->all_sums = most(s->all_sums, sums * c->blocks);
    if (method->counts) s->counts = most(s->counts, method->counts(merge, pass));
  }
}

static void add_span(const ig_plan *plan, ig_sizes *s) {
  const ig_plan_tensor *first;
  const ig_cut c = ig_cut_of_span(plan, &first);
  if (!first) return;
  const ig_method *method = first->method;
  const ig_merge merge = ig_cut_merge(plan, first, &c);
  s->blocks = most(s->blocks, c.blocks);
  if (method->state_size) s->span_state = method->state_size(&merge);
  if (method->room_size) s->room = most(s->room, method->room_size(&merge));
  if (method->sample_size) s->sample = most(s->sample, method->sample_size(&merge));
  add_gathered(&merge, &c, s);
}

ig_sizes ig_cut_sizes(const ig_plan *plan) {
  ig_sizes s = {0};
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    const ig_method *method = t->method;
    const ig_cut c = ig_cut_of(t);
    const ig_merge merge = ig_cut_merge(plan, t, &c);
    s.values = most(s.values, c.block_rows * c.columns);
    s.inputs = most(s.inputs, t->inputs);
    s.blocks = most(s.blocks, c.blocks);
    for (size_t k = 0; k < t->inputs; k++)
      s.lora = most(s.lora, ig_lora_scratch(&t->input[k].lora, c.block_rows));
    s.lora = most(s.lora, ig_lora_scratch(&t->base.lora, c.block_rows));
    if (t->copied) continue;
    size_t *state = c.blocks > 1 ? &s.large_state : &s.state,
           *room = c.blocks > 1 ? &s.room : &s.small_room;
    if (method->state_size) *state = most(*state, method->state_size(&merge));
    if (method->room_size) *room = most(*room, method->room_size(&merge));
    if (method->sample_size && c.blocks > 1) s.sample = most(s.sample, method->sample_size(&merge));
    add_gathered(&merge, &c, &s);
  }
  add_span(plan, &s);
  return s;
}
