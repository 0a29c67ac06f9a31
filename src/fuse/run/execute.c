#include "fuse/run/execute.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "fuse/run/blocking.h"
#include "fuse/run/draws.h"
#include "fuse/run/matched_rows.h"
#include "fuse/run/probe.h"
#include "fuse/input/ties.h"
#include "fuse/run/values.h"

static const size_t CHECKPOINT = (size_t)1 << 30;  // bytes, at least, that go to the disk at a time

// ---- buffers ----------------------------------------------------------------

// A tensor that is cut, or one of those that are seen as one.
typedef struct span {
  const ig_plan_tensor *tensor;
  ig_blocking cut;
  size_t first_block;
} span;

// What one thread works with.
typedef struct worker {
  float *x[IG_METHOD_INPUTS], *uniform[IG_METHOD_INPUTS], *base, *out, *scratch, *lora;
  char *bytes;  // of a block, converted
  char *state, *workspace;
  double *sums;
  uint64_t *counts;
  ig_status status;
  ig_error err;
} worker;

typedef struct execution {
  const ig_fusion_plan *plan;
  ig_output *output;
  ig_staging *staging;
  ig_draws *draws;  // or NULL
  ig_blocking_sizes sizes;
  worker *workers;
  int threads;
  ig_probe sample;
  double *all_sums;               // of a tensor of several blocks, block by block
  char *large_state, *workspace;  // of such a tensor
  char *span_state;               // of all that are seen as one
  span *spans;                    // those, in order
  size_t span_count, span_blocks;
  size_t *finished;                           // tensors, in the order in which they were
  size_t finished_count, on_disk, journaled;  // of them: all, those that are on the disk or on
                                              // their way, those that the journal knows
  bool syncing;
  atomic_bool failed;   // some worker did: the others need not go on
  const size_t *small;  // tensors of one block
} execution;

static bool draws_torch(const ig_fusion_plan *plan) {
  return plan->recipe->torch_random && plan->recipe->method->draws;
}

static void carve(execution *e, ig_arena *arena) {
  const ig_blocking_sizes *s = &e->sizes;
  e->all_sums = IG_TAKE(arena, double, s->all_sums);
  e->large_state = IG_TAKE(arena, char, s->large_state);
  e->span_state = IG_TAKE(arena, char, s->span_state);
  e->workspace = IG_TAKE(arena, char, s->workspace);
  for (size_t k = 0; k < s->inputs; k++) e->sample.x[k] = IG_TAKE(arena, float, s->sample);
  e->sample.base = IG_TAKE(arena, float, s->sample);
  e->sample.scratch = IG_TAKE(arena, float, s->sample *(s->inputs + 2));
  for (int i = 0; i < e->threads; i++) {
    worker unused, *w = e->workers ? &e->workers[i] : &unused;
    for (size_t k = 0; k < s->inputs; k++) w->x[k] = IG_TAKE(arena, float, s->values);
    for (size_t k = 0; k < s->inputs && draws_torch(e->plan); k++)
      w->uniform[k] = IG_TAKE(arena, float, s->values);
    w->base = IG_TAKE(arena, float, s->values);
    w->out = IG_TAKE(arena, float, s->values);
    w->scratch = IG_TAKE(arena, float, s->values *(s->inputs + 2));
    w->lora = IG_TAKE(arena, float, s->lora);
    w->bytes = IG_TAKE(arena, char, s->values * 8);
    w->state = IG_TAKE(arena, char, s->state);
    w->workspace = IG_TAKE(arena, char, s->small_workspace);
    w->sums = IG_TAKE(arena, double, s->sums);
    w->counts = IG_TAKE(arena, uint64_t, s->counts);
  }
}

size_t ig_execute_memory(const ig_fusion_plan *plan, int threads) {
  execution e = {.plan = plan, .sizes = ig_blocking_measure(plan), .threads = threads};
  ig_arena arena = ig_arena_measure();
  carve(&e, &arena);
  return arena.peak;
}

// ---- one block --------------------------------------------------------------

static ig_status read_block(const execution *e, worker *w, const ig_plan_tensor *t,
                            const ig_blocking *c, size_t index, ig_merge_block *out) {
  const size_t row = index * c->block_rows,
               rows = c->rows - row < c->block_rows ? c->rows - row : c->block_rows,
               first = row * c->columns;
  *out = (ig_merge_block){.index = index,
                          .first_row = row,
                          .rows = rows,
                          .count = rows * c->columns,
                          .x = (const float *const *)w->x,
                          .base = t->base.tensor ? w->base : NULL,
                          .scratch = w->scratch};
  for (size_t i = 0; i < t->inputs; i++)
    IG_TRY(ig_values_read(e->plan->recipe, t, &t->input[i], first, out->count, w->x[i], w->lora,
                          &w->err));
  if (t->base.tensor)
    IG_TRY(
        ig_values_read(e->plan->recipe, t, &t->base, first, out->count, w->base, w->lora, &w->err));
  if (e->draws) {
    out->uniform = w->uniform;
    for (size_t i = 0; i < t->inputs; i++)
      ig_draws_uniform(e->draws, (size_t)(t - e->plan->tensors), i, index, c->blocks > 1,
                       out->count, w->uniform[i]);
  }
  return IG_OK;
}

static ig_status write_block(const execution *e, worker *w, const ig_plan_tensor *t,
                             const ig_blocking *c, const ig_merge_block *block) {
  const size_t index = (size_t)(t - e->plan->tensors), size = ig_dtype_size(t->dtype),
               first = block->first_row * c->columns;
  const void *bytes;
  IG_TRY(
      ig_values_convert(t->dtype, t->name, first, block->count, w->out, w->bytes, &bytes, &w->err));
  return ig_output_put(e->output, index, first * size, bytes, block->count * size, &w->err);
}

static ig_status combine_block(const execution *e, worker *w, const ig_merge_tensor *merge,
                               const ig_plan_tensor *t, const ig_blocking *c,
                               const ig_merge_block *block) {
  merge->method->combine(merge, block, w->out);
  return write_block(e, w, t, c, block);
}

// ---- tensors of one block: one task each ------------------------------------

static ig_status merge_small(const execution *e, worker *w, const ig_plan_tensor *t) {
  const ig_method *method = t->method;
  const ig_blocking c = ig_blocking_of(t);
  ig_merge_tensor merge = ig_blocking_merge_tensor(e->plan, t, &c);
  ig_merge_block block;
  if (c.blocks == 0) return IG_OK;
  IG_TRY(read_block(e, w, t, &c, 0, &block));
  if (method->state_size) memset(merge.state = w->state, 0, method->state_size(&merge));
  merge.workspace = w->workspace;
  if (method->begin) method->begin(&merge);
  for (int pass = 0; pass < method->passes; pass++) {
    if (method->wants && !method->wants(&merge, pass)) continue;
    const ig_gathered gathered = {w->sums, w->counts};
    if (method->sums) memset(w->sums, 0, method->sums(&merge, pass) * sizeof *w->sums);
    if (method->counts) memset(w->counts, 0, method->counts(&merge, pass) * sizeof *w->counts);
    method->gather(&merge, pass, &block, &(ig_gathered){w->sums, w->counts});
    method->end_pass(&merge, pass, &gathered);
  }
  return combine_block(e, w, &merge, t, &c, &block);
}

// bytes of a tensor from its byte `at` on, equal in all inputs; `buffers` has room for two such
// pieces.
static ig_status copy_piece(const execution *e, worker *w, const ig_plan_tensor *t, size_t at,
                            size_t bytes, char *buffers) {
  const ig_safetensor *first = t->input[0].tensor;
  char *other = buffers + bytes;
  IG_TRY(ig_file_read(first->source, first->file, first->begin + at, buffers, bytes, &w->err));
  for (size_t i = 1; i < t->inputs; i++) {
    const ig_safetensor *from = t->input[i].tensor;
    IG_TRY(ig_file_read(from->source, from->file, from->begin + at, other, bytes, &w->err));
    if (memcmp(buffers, other, bytes) != 0)
      return ig_fail(&w->err, IG_ERROR_FORMAT, "%s: %s values that differ between %s and %s",
                     t->name, ig_dtype_name(first->dtype), first->file, from->file);
  }
  return ig_output_put(e->output, (size_t)(t - e->plan->tensors), at, buffers, bytes, &w->err);
}

// What is not of floating point, as it stands.
static ig_status copy_tensor(const execution *e, worker *w, const ig_plan_tensor *t) {
  enum { PIECE = 1 << 15 };
  char buffers[2 * PIECE];
  const size_t bytes = t->input[0].tensor->bytes;
  for (size_t at = 0; at < bytes; at += PIECE)
    IG_TRY(copy_piece(e, w, t, at, bytes - at < PIECE ? bytes - at : PIECE, buffers));
  return IG_OK;
}

static void finish_task(execution *e, worker *w, ig_status status) {
  if (status == IG_OK) return;
  w->status = status;
  atomic_store(&e->failed, true);
}

static void small_task(void *context, size_t index, int number) {
  execution *e = context;
  worker *w = &e->workers[number];
  const ig_plan_tensor *t = &e->plan->tensors[e->small[index]];
  if (atomic_load(&e->failed)) return;
  finish_task(e, w, t->copied ? copy_tensor(e, w, t) : merge_small(e, w, t));
}

// ---- tensors of several blocks, or seen as one: one task a block, pass by pass ----

typedef struct large {
  execution *execution;
  const span *spans;
  size_t count;   // of spans
  size_t blocks;  // of all of them
  ig_merge_tensor merge;
  int pass;
  size_t sums;  // of a block in this pass
} large;

// The block with this number, which is counted from the first span on.
static ig_status read_from_spans(const large *l, worker *w, size_t index, const span **from,
                                 ig_merge_block *out) {
  const size_t at = l->spans[0].first_block + index;
  size_t low = 0, high = l->count;
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    if (l->spans[middle].first_block <= at)
      low = middle;
    else
      high = middle;
  }
  *from = &l->spans[low];
  IG_TRY(
      read_block(l->execution, w, (*from)->tensor, &(*from)->cut, at - (*from)->first_block, out));
  out->index = at;
  return IG_OK;
}

static void gather_task(void *context, size_t index, int number) {
  const large *l = context;
  worker *w = &l->execution->workers[number];
  if (atomic_load(&l->execution->failed)) return;
  ig_merge_block block;
  const span *from;
  const ig_status status = read_from_spans(l, w, index, &from, &block);
  if (status == IG_OK)
    l->merge.method->gather(&l->merge, l->pass, &block,
                            &(ig_gathered){l->execution->all_sums + index * l->sums, w->counts});
  finish_task(l->execution, w, status);
}

static void combine_task(void *context, size_t index, int number) {
  const large *l = context;
  worker *w = &l->execution->workers[number];
  if (atomic_load(&l->execution->failed)) return;
  ig_merge_block block;
  const span *from;
  ig_status status = read_from_spans(l, w, index, &from, &block);
  if (status == IG_OK)
    status = combine_block(l->execution, w, &l->merge, from->tensor, &from->cut, &block);
  finish_task(l->execution, w, status);
}

// One pass over all blocks, added up in their order.
static void gather_all(large *l, ig_pool *pool) {
  execution *e = l->execution;
  const ig_method *method = l->merge.method;
  const size_t counts = method->counts ? method->counts(&l->merge, l->pass) : 0;
  l->sums = method->sums ? method->sums(&l->merge, l->pass) : 0;
  memset(e->all_sums, 0, l->sums * l->blocks * sizeof *e->all_sums);
  for (int i = 0; i < e->threads; i++)
    memset(e->workers[i].counts, 0, counts * sizeof *e->workers[i].counts);
  ig_pool_run(pool, l->blocks, gather_task, l);
  for (size_t block = 1; block < l->blocks; block++)
    for (size_t i = 0; i < l->sums; i++) e->all_sums[i] += e->all_sums[block * l->sums + i];
  for (int t = 1; t < e->threads; t++)
    for (size_t i = 0; i < counts; i++) e->workers[0].counts[i] += e->workers[t].counts[i];
  if (!atomic_load(&e->failed))
    method->end_pass(&l->merge, l->pass, &(ig_gathered){e->all_sums, e->workers[0].counts});
}

// Of each span its part of the sample, in pieces; a span that is too short for a piece gives none.
static ig_status draw_sample(const large *l, ig_pool *pool, size_t wanted, ig_merge_block *out,
                             ig_error *err) {
  const execution *e = l->execution;
  const size_t pieces = wanted / IG_PROBE_STRETCH, values = l->merge.rows * l->merge.columns;
  size_t before = 0, count = 0;
  *out = (ig_merge_block){0};
  for (size_t i = 0; i < l->count; i++) {
    const ig_plan_tensor *t = l->spans[i].tensor;
    const size_t first = (size_t)((double)before / (double)values * (double)pieces);
    const size_t end = (size_t)((double)(before += t->elements) / (double)values * (double)pieces);
    ig_probe rest = {.base = e->sample.base + count, .scratch = e->sample.scratch};
    for (size_t k = 0; k < t->inputs; k++) rest.x[k] = e->sample.x[k] + count;
    IG_TRY(
        ig_probe_draw(&rest, e->plan->recipe, t, (end - first) * IG_PROBE_STRETCH, pool, out, err));
    count += out->count;
  }
  const bool has_base = out->base != NULL;
  *out = (ig_merge_block){.rows = 1,
                          .count = count,
                          .x = (const float *const *)e->sample.x,
                          .base = has_base ? e->sample.base : NULL,
                          .scratch = e->sample.scratch};
  return IG_OK;
}

static void look_at_sample(large *l, ig_pool *pool) {
  execution *e = l->execution;
  const ig_method *method = l->merge.method;
  const size_t wanted = method->probe_size ? method->probe_size(&l->merge) : 0;
  if (wanted == 0) return;
  ig_merge_block block;
  worker *w = &e->workers[0];
  const ig_status status = draw_sample(l, pool, wanted, &block, &w->err);
  if (status == IG_OK && block.count > 0) method->probe(&l->merge, &block);
  finish_task(e, w, status);
}

// All that the method must know before it combines.
static void run_passes(large *l, ig_pool *pool, char *state) {
  execution *e = l->execution;
  const ig_method *method = l->merge.method;
  l->merge.pool = pool;
  l->merge.workspace = e->workspace;
  if (method->state_size) memset(l->merge.state = state, 0, method->state_size(&l->merge));
  if (method->begin) method->begin(&l->merge);
  look_at_sample(l, pool);
  for (l->pass = 0; l->pass < method->passes && !atomic_load(&e->failed); l->pass++)
    if (!method->wants || method->wants(&l->merge, l->pass)) gather_all(l, pool);
}

static const span *span_of(const execution *e, const ig_plan_tensor *t) {
  for (size_t i = 0; i < e->span_count; i++)
    if (e->spans[i].tensor == t) return &e->spans[i];
  return NULL;
}

static void merge_large(execution *e, ig_pool *pool, const ig_plan_tensor *t) {
  const span alone = {t, ig_blocking_of(t), 0}, *part = span_of(e, t);
  large l = {.execution = e,
             .spans = part ? part : &alone,
             .count = 1,
             .blocks = alone.cut.blocks,
             .merge = ig_blocking_merge_tensor(e->plan, t, &alone.cut)};
  if (part) {
    l.merge.state = e->span_state;
    l.merge.blocks = e->span_blocks;
  } else {
    if (e->draws)
      ig_draws_enter(e->draws, (size_t)(t - e->plan->tensors), alone.cut.blocks,
                     alone.cut.block_rows * alone.cut.columns);
    run_passes(&l, pool, e->large_state);
  }
  ig_pool_run(pool, l.blocks, combine_task, &l);
}

// ---- tensors that are seen as one -------------------------------------------

static ig_status find_spans(execution *e, ig_error *err) {
  const ig_fusion_plan *plan = e->plan;
  e->spans = ig_allocate(plan->count, sizeof *e->spans, err);
  if (!e->spans) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!ig_fusion_plan_joins(t)) continue;
    const span part = {t, ig_blocking_of(t), e->span_blocks};
    e->spans[e->span_count++] = part;
    e->span_blocks += part.cut.blocks;
  }
  return IG_OK;
}

// The passes over them, unless all of them are done already.
static void pass_over_spans(execution *e, ig_pool *pool) {
  bool wanted = false;
  for (size_t i = 0; i < e->span_count; i++)
    wanted |= !e->staging->done[e->spans[i].tensor - e->plan->tensors];
  if (!wanted) return;
  const ig_plan_tensor *first;
  const ig_blocking c = ig_blocking_of_joined(e->plan, &first);
  large l = {.execution = e,
             .spans = e->spans,
             .count = e->span_count,
             .blocks = c.blocks,
             .merge = ig_blocking_merge_tensor(e->plan, first, &c)};
  run_passes(&l, pool, e->span_state);
}

// ---- the whole --------------------------------------------------------------

static void report(const ig_reporter *reporter, size_t done, size_t all) {
  if (reporter && reporter->progress)
    reporter->progress(
        reporter->context,
        &(ig_progress){
            .what = "fusing", .unit = "values", .done = (double)done, .total = (double)all});
}

// The journal learns of tensors once they are on the disk.
static ig_status end_checkpoint(execution *e, ig_error *err) {
  if (!e->syncing) return IG_OK;
  e->syncing = false;
  IG_TRY(ig_output_sync_end(e->output, err));
  while (e->journaled < e->on_disk)
    IG_TRY(ig_staging_mark_done(e->staging, e->finished[e->journaled++], err));
  return ig_staging_flush(e->staging, err);
}

// What is finished so far goes to the disk while others are fused.
static ig_status begin_checkpoint(execution *e, ig_error *err) {
  IG_TRY(end_checkpoint(e, err));
  IG_TRY(ig_output_sync_begin(e->output, err));
  e->on_disk = e->finished_count;
  e->syncing = true;
  return IG_OK;
}

static ig_status stop(execution *e, ig_error *err) {
  IG_TRY(begin_checkpoint(e, err));
  IG_TRY(end_checkpoint(e, err));
  return ig_fail(err, IG_INTERRUPTED, "interrupted; the same command goes on");
}

static ig_status first_failure(const execution *e, ig_error *err) {
  for (int i = 0; i < e->threads; i++)
    if (e->workers[i].status != IG_OK)
      return ig_fail(err, e->workers[i].status, "%s", e->workers[i].err.message);
  return IG_OK;
}

static bool is_small(const ig_plan_tensor *t) {
  return t->copied || (ig_blocking_of(t).blocks <= 1 && !ig_fusion_plan_joins(t));
}

size_t ig_execute_reads(const ig_fusion_plan *plan) {
  size_t bytes = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    size_t inputs = t->base.tensor ? t->base.tensor->bytes : 0;
    for (size_t k = 0; k < t->inputs; k++) inputs += t->input[k].tensor->bytes;
    bytes += is_small(t) ? inputs : inputs * (size_t)(t->method->passes + 1);
  }
  return bytes;
}

static ig_status run_small(execution *e, ig_pool *pool, size_t *small, ig_error *err) {
  size_t count = 0;
  for (size_t i = 0; i < e->plan->count; i++)
    if (!e->staging->done[i] && is_small(&e->plan->tensors[i])) small[count++] = i;
  e->small = small;
  ig_pool_run(pool, count, small_task, e);
  IG_TRY(first_failure(e, err));
  for (size_t i = 0; i < count; i++) e->finished[e->finished_count++] = small[i];
  return IG_OK;
}

static ig_status run(execution *e, ig_pool *pool, size_t *small, const ig_reporter *reporter,
                     ig_error *err) {
  const ig_fusion_plan *plan = e->plan;
  size_t done = 0, all = 0, unsaved = 0;
  for (size_t i = 0; i < plan->count; i++) all += plan->tensors[i].elements;
  IG_TRY(run_small(e, pool, small, err));
  pass_over_spans(e, pool);
  IG_TRY(first_failure(e, err));
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!e->staging->done[i] && !is_small(t)) {
      merge_large(e, pool, t);
      IG_TRY(first_failure(e, err));
      e->finished[e->finished_count++] = i;
      unsaved += t->elements * ig_dtype_size(t->dtype);
    }
    report(reporter, done += t->elements, all);
    if (ig_interrupt_requested()) return stop(e, err);
    if (unsaved < CHECKPOINT) continue;
    IG_TRY(begin_checkpoint(e, err));
    unsaved = 0;
  }
  return end_checkpoint(e, err);
}

static ig_status run_in_memory(execution *e, ig_pool *pool, const ig_reporter *reporter,
                               ig_error *err) {
  e->threads = ig_pool_threads(pool);
  ig_arena arena = ig_arena_measure();
  carve(e, &arena);
  IG_TRY(ig_arena_create(&arena, arena.peak, err));
  e->workers = ig_allocate((size_t)e->threads, sizeof *e->workers, err);
  e->finished = ig_allocate(e->plan->count, sizeof *e->finished, err);
  size_t *small = ig_allocate(e->plan->count, sizeof *small, err);
  ig_status status = e->workers && e->finished && small ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = find_spans(e, err);
  if (status == IG_OK) status = ig_draws_create(e->plan, e->sizes.blocks, &e->draws, err);
  if (status == IG_OK) {
    carve(e, &arena);
    status = run(e, pool, small, reporter, err);
  }
  if (e->syncing) ig_output_sync_end(e->output, NULL);  // after another failure
  ig_draws_free(e->draws);
  free(small);
  free(e->finished);
  free(e->spans);
  free(e->workers);
  ig_arena_free(&arena);
  return status;
}

ig_status ig_execute_plan(const ig_fusion_plan *plan, ig_pool *pool,
                          const ig_execution_target *target, ig_error *err) {
  execution e = {.plan = plan,
                 .staging = target->staging,
                 .output = target->output,
                 .sizes = ig_blocking_measure(plan)};
  IG_TRY(ig_ties_check_copies(&plan->models, err));
  IG_TRY(ig_matched_rows_fill_padding(plan, err));
  return run_in_memory(&e, pool, target->reporter, err);
}
