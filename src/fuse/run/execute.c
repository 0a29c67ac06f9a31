// Merges the tensors of a plan. A tensor of one block, or one that is copied, is one task of the
// pool. A tensor of several blocks has a task for each block, pass by pass. Joined tensors are one
// long vector to their method:
//
//   tensor A | tensor B | tensor C  ->  one vector, blocks 0 .. k   (fuse/run/blocking.h)
//
// The passes run over that vector; then each of its tensors is combined and written on its own.
#include "fuse/run/execute.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "fuse/plan/planned_coefficients.h"
#include "fuse/plan/planned_statistics.h"
#include "fuse/run/blocking.h"
#include "fuse/run/draws.h"
#include "fuse/run/equal_copy.h"
#include "fuse/run/matched_rows.h"
#include "fuse/run/probe.h"
#include "fuse/input/ties.h"
#include "fuse/run/values.h"

// At least so many bytes are sent to the disk at a time.
static const size_t CHECKPOINT = (size_t)1 << 30;

// ---- buffers ----------------------------------------------------------------

// A tensor in blocks: alone, or a member of the joined tensors (fuse/run/blocking.h).
typedef struct member {
  const ig_plan_tensor *tensor;
  ig_blocking blocking;
  size_t first_block;  // number of its first block among those of all members
} member;

// What one thread works with.
typedef struct execution_worker {
  float *x[IG_METHOD_INPUTS], *statistics[IG_METHOD_INPUTS], *uniform[IG_METHOD_INPUTS];
  float *base, *out, *scratch, *lora;
  char *bytes;  // the values of a block, converted
  char *state, *workspace;
  double *sums;
  uint64_t *counts;
} execution_worker;

typedef struct execution {
  const ig_fusion_plan *plan;
  ig_output *output;
  ig_staging *staging;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;
  ig_pool *pool;
  ig_draws *draws;  // or NULL
  ig_blocking_sizes sizes;
  execution_worker *workers;  // (threads)
  int threads;
  ig_probe probe;
  double *all_sums;                // of a tensor of several blocks, block by block
  char *large_state, *workspace;   // of such a tensor
  float *grams[IG_METHOD_INPUTS];  // likewise, or their diagonals
  char *joined_state;
  member *members;  // (member_count): the joined tensors, in their order
  size_t member_count, joined_blocks;
  size_t *small;  // (small_count): indices of the tensors that are tasks of their own
  size_t small_count;
  size_t *finished;  // tensors, in the order in which they were finished
  // How many of those are finished, how many are on the disk or on their way to it, and how many
  // the journal knows.
  size_t finished_count, on_disk, journaled;
  bool syncing;
} execution;

static bool draws_torch(const ig_fusion_plan *plan) {
  return plan->recipe->torch_random && plan->recipe->method->draws;
}

static void carve_worker(execution_worker *w, const execution *e, ig_arena *arena) {
  const ig_blocking_sizes *s = &e->sizes;
  for (size_t k = 0; k < s->inputs; k++) w->x[k] = IG_TAKE(arena, float, s->values);
  if (e->plan->recipe->method->statistics == IG_STATISTIC_KIND_FISHER)
    for (size_t k = 0; k < s->inputs; k++) w->statistics[k] = IG_TAKE(arena, float, s->values);
  if (draws_torch(e->plan))
    for (size_t k = 0; k < s->inputs; k++) w->uniform[k] = IG_TAKE(arena, float, s->values);
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

static void carve(execution *e, ig_arena *arena) {
  const ig_blocking_sizes *s = &e->sizes;
  e->all_sums = IG_TAKE(arena, double, s->all_sums);
  e->large_state = IG_TAKE(arena, char, s->large_state);
  for (size_t k = 0; s->gram && k < s->inputs; k++) e->grams[k] = IG_TAKE(arena, float, s->gram);
  e->joined_state = IG_TAKE(arena, char, s->joined_state);
  e->workspace = IG_TAKE(arena, char, s->workspace);
  for (size_t k = 0; k < s->inputs; k++) e->probe.x[k] = IG_TAKE(arena, float, s->probe);
  e->probe.base = IG_TAKE(arena, float, s->probe);
  e->probe.scratch = IG_TAKE(arena, float, s->probe *(s->inputs + 2));
  for (int i = 0; i < e->threads; i++) {
    execution_worker unused;
    carve_worker(e->workers ? &e->workers[i] : &unused, e, arena);
  }
}

size_t ig_execute_memory(const ig_fusion_plan *plan, int threads) {
  execution e = {.plan = plan, .sizes = ig_blocking_measure(plan), .threads = threads};
  ig_arena arena = ig_arena_measure();
  carve(&e, &arena);
  return arena.peak + ig_planned_coefficients_memory(plan);
}

// ---- one block --------------------------------------------------------------

static size_t index_of(const execution *e, const ig_plan_tensor *t) {
  return (size_t)(t - e->plan->tensors);
}

static bool has_statistic_of_values(const ig_plan_tensor *t) {
  return t->statistic_norms && t->method->statistics == IG_STATISTIC_KIND_FISHER;
}

static ig_status read_inputs(const execution *e, execution_worker *w, const ig_plan_tensor *t,
                             size_t first, size_t count, ig_error *err) {
  ig_values_source from = {.recipe = e->plan->recipe, .tensor = t, .scratch = w->lora};
  for (size_t i = 0; i < t->inputs; i++) {
    from.input = &t->input[i];
    IG_TRY(ig_values_read(&from, first, count, w->x[i], err));
  }
  for (size_t i = 0; has_statistic_of_values(t) && i < t->inputs; i++)
    IG_TRY(ig_safetensor_read_part(t->input[i].statistic, first, count, w->statistics[i], err));
  from.input = &t->base;
  return t->base.tensor ? ig_values_read(&from, first, count, w->base, err) : IG_OK;
}

static void draw_uniform(const execution *e, execution_worker *w, const member *m, size_t block,
                         size_t count) {
  ig_draws_position at = {
      .tensor = index_of(e, m->tensor), .block = block, .entered = m->blocking.blocks > 1};
  for (at.model = 0; at.model < m->tensor->inputs; at.model++)
    ig_draws_uniform(e->draws, &at, count, w->uniform[at.model]);
}

// Reads block `index` of a tensor into the worker's buffers.
static ig_status read_block(const execution *e, execution_worker *w, const member *m, size_t index,
                            ig_merge_block *out, ig_error *err) {
  const ig_plan_tensor *t = m->tensor;
  const ig_blocking *b = &m->blocking;
  const size_t row = index * b->block_rows;
  const size_t rows = b->rows - row < b->block_rows ? b->rows - row : b->block_rows;
  *out = (ig_merge_block){
      .index = index,
      .first_row = row,
      .rows = rows,
      .count = rows * b->columns,
      .x = (const float *const *)w->x,
      .base = t->base.tensor ? w->base : NULL,
      .statistics = has_statistic_of_values(t) ? (const float *const *)w->statistics : NULL,
      .scratch = w->scratch};
  IG_TRY(read_inputs(e, w, t, row * b->columns, out->count, err));
  if (!e->draws) return IG_OK;
  out->uniform = w->uniform;
  draw_uniform(e, w, m, index, out->count);
  return IG_OK;
}

static ig_status write_block(const execution *e, const execution_worker *w, const member *m,
                             const ig_merge_block *block, ig_error *err) {
  const ig_plan_tensor *t = m->tensor;
  const size_t size = ig_dtype_size(t->dtype), first = block->first_row * m->blocking.columns;
  const ig_values_target to = {.dtype = t->dtype, .tensor = t->name, .bytes = w->bytes};
  const void *bytes;
  IG_TRY(ig_values_convert(&to, first, block->count, w->out, &bytes, err));
  return ig_output_put(e->output, index_of(e, t), first * size, bytes, block->count * size, err);
}

// ---- tensors of one block: a task each --------------------------------------

static void run_passes_of_small(const ig_method *method, execution_worker *w,
                                ig_merge_tensor *merge, const ig_merge_block *block) {
  merge->state = w->state;
  merge->workspace = w->workspace;
  if (method->state_size) memset(merge->state, 0, method->state_size(merge));
  if (method->begin) method->begin(merge);
  for (int pass = 0; pass < method->passes; pass++) {
    if (method->wants && !method->wants(merge, pass)) continue;
    ig_gathered gathered = {w->sums, w->counts};
    if (method->sums) memset(w->sums, 0, method->sums(merge, pass) * sizeof *w->sums);
    if (method->counts) memset(w->counts, 0, method->counts(merge, pass) * sizeof *w->counts);
    method->gather(merge, pass, block, &gathered);
    method->end_pass(merge, pass, &gathered);
  }
}

static ig_status merge_small(const execution *e, execution_worker *w, const ig_plan_tensor *t,
                             ig_error *err) {
  const member m = {t, ig_blocking_of(t), 0};
  ig_merge_tensor merge = ig_blocking_merge_tensor(e->plan, t, &m.blocking);
  ig_merge_block block;
  if (m.blocking.blocks == 0) return IG_OK;
  IG_TRY(read_block(e, w, &m, 0, &block, err));
  run_passes_of_small(t->method, w, &merge, &block);
  t->method->combine(&merge, &block, w->out);
  return write_block(e, w, &m, &block, err);
}

// What to do about values that cannot be fused, and differ.
static const char *differing_advice(ig_dtype dtype) {
  const bool is_quantised =
      dtype == IG_DTYPE_F8_E4M3 || dtype == IG_DTYPE_F8_E5M2 || dtype == IG_DTYPE_F8_E8M0;
  return is_quantised ? ": quantised weights cannot be fused, convert them to float32 or bfloat16"
                      : "; 'non_float: base' takes those of the base model, or else of the first";
}

// Copies `bytes` bytes of a tensor, from its byte `at` on. They must be equal in all inputs.
// buffers (2 * bytes): scratch.
static ig_status copy_part(const execution *e, const ig_plan_tensor *t, size_t at, size_t bytes,
                           char *buffers, ig_error *err) {
  const ig_safetensor *first = t->input[0].tensor;
  char *other = buffers + bytes;
  IG_TRY(ig_safetensor_read_bytes(first, at, bytes, buffers, err));
  for (size_t i = 1; i <= t->inputs; i++) {
    const ig_safetensor *from = i < t->inputs ? t->input[i].tensor : t->base.tensor;
    if (!from) continue;
    IG_TRY(ig_safetensor_read_bytes(from, at, bytes, other, err));
    if (memcmp(buffers, other, bytes) != 0)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: %s values that differ between %s and %s%s", t->name,
                     ig_dtype_name(first->dtype), first->file, from->file,
                     differing_advice(first->dtype));
  }
  return ig_output_put(e->output, index_of(e, t), at, buffers, bytes, err);
}

// Copies a tensor that is not of floating point, unchanged.
static ig_status copy_tensor(const execution *e, const ig_plan_tensor *t, ig_error *err) {
  enum { PART = 1 << 15 };
  char buffers[2 * PART];
  const size_t bytes = t->input[0].tensor->bytes;
  for (size_t at = 0; at < bytes; at += PART)
    IG_TRY(copy_part(e, t, at, bytes - at < PART ? bytes - at : PART, buffers, err));
  return IG_OK;
}

// A tensor could not be merged, for the reason `why`. If the values are the reason, and all models
// have the same ones, it is copied.
static ig_status copy_instead(const execution *e, const ig_plan_tensor *t, ig_status status,
                              const ig_error *why, ig_error *err) {
  bool copied = false;
  if (status == IG_ERROR_FORMAT && !ig_fusion_plan_joins(t))
    IG_TRY(ig_equal_copy_try(e->plan, e->output, index_of(e, t), &copied, err));
  return copied ? IG_OK : ig_fail(err, status, "%s", why->message);
}

static ig_status small_task(void *context, size_t index, int worker, ig_error *err) {
  const execution *e = context;
  const ig_plan_tensor *t = &e->plan->tensors[e->small[index]];
  if (t->copied) return copy_tensor(e, t, err);
  ig_error why = {0};
  const ig_status status = merge_small(e, &e->workers[worker], t, &why);
  return status == IG_OK ? IG_OK : copy_instead(e, t, status, &why, err);
}

// ---- tensors of several blocks, or joined ones: a task a block, pass by pass ----

typedef struct large_merge {
  execution *execution;
  const member *members;  // (count)
  size_t count;
  size_t blocks;  // of all of them
  ig_merge_tensor merge;
  int pass;
  size_t sums;  // of a block in this pass
} large_merge;

// The member that has this block, which is numbered among those of all members.
static const member *find_member(const large_merge *l, size_t block) {
  size_t low = 0, high = l->count;
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    if (l->members[middle].first_block <= block)
      low = middle;
    else
      high = middle;
  }
  return &l->members[low];
}

// Reads block `index`, counted from the first member on. *from: the member that it is a block of.
static ig_status read_large_block(const large_merge *l, execution_worker *w, size_t index,
                                  const member **from, ig_merge_block *out, ig_error *err) {
  const size_t block = l->members[0].first_block + index;
  *from = find_member(l, block);
  IG_TRY(read_block(l->execution, w, *from, block - (*from)->first_block, out, err));
  out->index = block;
  return IG_OK;
}

static ig_status gather_task(void *context, size_t index, int worker, ig_error *err) {
  const large_merge *l = context;
  execution_worker *w = &l->execution->workers[worker];
  ig_merge_block block;
  const member *from;
  IG_TRY(read_large_block(l, w, index, &from, &block, err));
  ig_gathered to = {l->execution->all_sums + index * l->sums, w->counts};
  l->merge.method->gather(&l->merge, l->pass, &block, &to);
  return IG_OK;
}

static ig_status combine_task(void *context, size_t index, int worker, ig_error *err) {
  const large_merge *l = context;
  execution_worker *w = &l->execution->workers[worker];
  ig_merge_block block;
  const member *from;
  IG_TRY(read_large_block(l, w, index, &from, &block, err));
  l->merge.method->combine(&l->merge, &block, w->out);
  return write_block(l->execution, w, from, &block, err);
}

// Runs one pass over all blocks. Sums are added up in the order of blocks, whichever thread made
// them.
static ig_status run_pass(large_merge *l, ig_error *err) {
  execution *e = l->execution;
  const ig_method *method = l->merge.method;
  const size_t counts = method->counts ? method->counts(&l->merge, l->pass) : 0;
  l->sums = method->sums ? method->sums(&l->merge, l->pass) : 0;
  memset(e->all_sums, 0, l->sums * l->blocks * sizeof *e->all_sums);
  for (int i = 0; i < e->threads; i++)
    memset(e->workers[i].counts, 0, counts * sizeof *e->workers[i].counts);
  IG_TRY(ig_pool_try(e->pool, l->blocks, gather_task, l, err));
  for (size_t block = 1; block < l->blocks; block++)
    for (size_t i = 0; i < l->sums; i++) e->all_sums[i] += e->all_sums[block * l->sums + i];
  for (int t = 1; t < e->threads; t++)
    for (size_t i = 0; i < counts; i++) e->workers[0].counts[i] += e->workers[t].counts[i];
  method->end_pass(&l->merge, l->pass, &(ig_gathered){e->all_sums, e->workers[0].counts});
  return IG_OK;
}

// Draws each member's part of the probe. A member that is too short for a stretch gives none.
static ig_status draw_probe(const large_merge *l, size_t wanted, ig_merge_block *out,
                            ig_error *err) {
  const execution *e = l->execution;
  const double stretches = (double)(wanted / IG_PROBE_STRETCH);
  const double values = (double)(l->merge.rows * l->merge.columns);
  size_t before = 0, count = 0;
  bool has_base = false;
  for (size_t i = 0; i < l->count; i++) {
    const ig_plan_tensor *t = l->members[i].tensor;
    const size_t first = (size_t)((double)before / values * stretches);
    before += t->elements;
    const size_t end = (size_t)((double)before / values * stretches);
    ig_probe rest = {.base = e->probe.base + count, .scratch = e->probe.scratch};
    for (size_t k = 0; k < t->inputs; k++) rest.x[k] = e->probe.x[k] + count;
    const ig_probe_request request = {
        .recipe = e->plan->recipe, .tensor = t, .values = (end - first) * IG_PROBE_STRETCH};
    IG_TRY(ig_probe_draw(&rest, &request, e->pool, out, err));
    count += out->count;
    has_base = out->base != NULL;
  }
  *out = (ig_merge_block){.rows = 1,
                          .count = count,
                          .x = (const float *const *)e->probe.x,
                          .base = has_base ? e->probe.base : NULL,
                          .scratch = e->probe.scratch};
  return IG_OK;
}

static ig_status show_probe(large_merge *l, ig_error *err) {
  const ig_method *method = l->merge.method;
  const size_t wanted = method->probe_size ? method->probe_size(&l->merge) : 0;
  if (wanted == 0) return IG_OK;
  ig_merge_block block;
  IG_TRY(draw_probe(l, wanted, &block, err));
  if (block.count > 0) method->probe(&l->merge, &block);
  return IG_OK;
}

// Runs everything that tells the method what it must know before it combines.
static ig_status run_passes(large_merge *l, char *state, ig_error *err) {
  execution *e = l->execution;
  const ig_method *method = l->merge.method;
  l->merge.pool = e->pool;
  l->merge.workspace = e->workspace;
  l->merge.state = state;
  if (method->state_size) memset(state, 0, method->state_size(&l->merge));
  if (method->begin) method->begin(&l->merge);
  IG_TRY(show_probe(l, err));
  for (l->pass = 0; l->pass < method->passes; l->pass++)
    if (!method->wants || method->wants(&l->merge, l->pass)) IG_TRY(run_pass(l, err));
  return IG_OK;
}

// Reads the Gram matrices of the tensor's inputs, or their diagonals, for its method.
static ig_status read_grams(execution *e, const ig_plan_tensor *t, ig_merge_tensor *merge,
                            ig_error *err) {
  if (!ig_blocking_has_grams(t) || !t->statistic_norms) return IG_OK;
  for (size_t k = 0; k < t->inputs; k++)
    IG_TRY(ig_safetensor_read_part(t->input[k].statistic, 0, t->input[k].statistic->elements,
                                   e->grams[k], err));
  if (t->input[0].statistic->rank == 2)
    merge->grams = (const float *const *)e->grams;
  else
    merge->frequencies = (const float *const *)e->grams;
  return IG_OK;
}

// Finds the tensor among the joined ones. NULL: it is not joined.
static const member *find_joined(const execution *e, const ig_plan_tensor *t) {
  for (size_t i = 0; i < e->member_count; i++)
    if (e->members[i].tensor == t) return &e->members[i];
  return NULL;
}

static ig_status merge_large(execution *e, const ig_plan_tensor *t, ig_error *err) {
  const member alone = {t, ig_blocking_of(t), 0};
  const member *joined = find_joined(e, t);
  const ig_blocking *b = &alone.blocking;
  large_merge l = {.execution = e,
                   .members = joined ? joined : &alone,
                   .count = 1,
                   .blocks = b->blocks,
                   .merge = ig_blocking_merge_tensor(e->plan, t, b)};
  if (joined) {  // pass_over_joined has run the passes
    l.merge.state = e->joined_state;
    l.merge.blocks = e->joined_blocks;
  } else {
    if (e->draws) ig_draws_enter(e->draws, index_of(e, t), b->blocks, b->block_rows * b->columns);
    IG_TRY(read_grams(e, t, &l.merge, err));
    IG_TRY(run_passes(&l, e->large_state, err));
  }
  return ig_pool_try(e->pool, l.blocks, combine_task, &l, err);
}

// ---- joined tensors ---------------------------------------------------------

static ig_status find_joined_tensors(execution *e, ig_error *err) {
  const ig_fusion_plan *plan = e->plan;
  e->members = ig_allocate(plan->count, sizeof *e->members, err);
  if (!e->members) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!ig_fusion_plan_joins(t)) continue;
    const member m = {t, ig_blocking_of(t), e->joined_blocks};
    e->members[e->member_count++] = m;
    e->joined_blocks += m.blocking.blocks;
  }
  return IG_OK;
}

// Runs the passes over the vector of all joined tensors, unless all of these are done already.
static ig_status pass_over_joined(execution *e, ig_error *err) {
  bool wanted = false;
  for (size_t i = 0; i < e->member_count; i++)
    wanted |= !e->staging->done[index_of(e, e->members[i].tensor)];
  if (!wanted) return IG_OK;
  const ig_plan_tensor *first;
  const ig_blocking b = ig_blocking_of_joined(e->plan, &first);
  large_merge l = {.execution = e,
                   .members = e->members,
                   .count = e->member_count,
                   .blocks = b.blocks,
                   .merge = ig_blocking_merge_tensor(e->plan, first, &b)};
  return run_passes(&l, e->joined_state, err);
}

// ---- the whole --------------------------------------------------------------

static void report_values(const execution *e, size_t done, size_t all) {
  const ig_progress progress = {
      .what = "fusing", .unit = "values", .done = (double)done, .total = (double)all};
  ig_report_progress(e->reporter, &progress);
}

// Waits for the disk, and only then tells the journal which tensors are done.
static ig_status end_checkpoint(execution *e, ig_error *err) {
  if (!e->syncing) return IG_OK;
  e->syncing = false;
  IG_TRY(ig_output_sync_end(e->output, err));
  while (e->journaled < e->on_disk)
    IG_TRY(ig_staging_mark_done(e->staging, e->finished[e->journaled++], err));
  return ig_staging_flush(e->staging, err);
}

// Sends what is finished so far to the disk, while other tensors are fused.
static ig_status begin_checkpoint(execution *e, ig_error *err) {
  IG_TRY(end_checkpoint(e, err));
  IG_TRY(ig_output_sync_begin(e->output, err));
  e->on_disk = e->finished_count;
  e->syncing = true;
  return IG_OK;
}

static ig_status save_and_stop(execution *e, ig_error *err) {
  IG_TRY(begin_checkpoint(e, err));
  IG_TRY(end_checkpoint(e, err));
  return ig_fail(err, IG_INTERRUPTED, "interrupted; the same command goes on");
}

static bool is_small(const ig_plan_tensor *t) {
  return t->copied ||
         (ig_blocking_of(t).blocks <= 1 && !ig_fusion_plan_joins(t) && !ig_blocking_has_grams(t));
}

static size_t values_of_statistic(const ig_plan_tensor *t) {
  return t->copied ? 0 : ig_planned_statistics_values(t);
}

size_t ig_execute_reads(const ig_fusion_plan *plan) {
  size_t bytes = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    size_t inputs = t->base.tensor ? t->base.tensor->bytes : 0;
    for (size_t k = 0; k < t->inputs; k++) inputs += t->input[k].tensor->bytes;
    inputs += t->inputs * values_of_statistic(t) * sizeof(float);
    bytes += is_small(t) ? inputs : inputs * (size_t)(t->method->passes + 1);
  }
  return bytes;
}

static ig_status merge_all_small(execution *e, ig_error *err) {
  for (size_t i = 0; i < e->plan->count; i++)
    if (!e->staging->done[i] && is_small(&e->plan->tensors[i])) e->small[e->small_count++] = i;
  IG_TRY(ig_pool_try(e->pool, e->small_count, small_task, e, err));
  for (size_t i = 0; i < e->small_count; i++) e->finished[e->finished_count++] = e->small[i];
  return IG_OK;
}

static ig_status merge_all_large(execution *e, ig_error *err) {
  const ig_fusion_plan *plan = e->plan;
  size_t done = 0, all = 0, unsaved = 0;
  for (size_t i = 0; i < plan->count; i++) all += plan->tensors[i].elements;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!e->staging->done[i] && !is_small(t)) {
      ig_error why = {0};
      const ig_status status = merge_large(e, t, &why);
      if (status != IG_OK) IG_TRY(copy_instead(e, t, status, &why, err));
      e->finished[e->finished_count++] = i;
      unsaved += t->elements * ig_dtype_size(t->dtype);
    }
    done += t->elements;
    report_values(e, done, all);
    if (ig_interrupt_requested(e->interrupter)) return save_and_stop(e, err);
    if (unsaved < CHECKPOINT) continue;
    IG_TRY(begin_checkpoint(e, err));
    unsaved = 0;
  }
  return end_checkpoint(e, err);
}

static ig_status merge_all(execution *e, ig_error *err) {
  IG_TRY(merge_all_small(e, err));
  IG_TRY(pass_over_joined(e, err));
  return merge_all_large(e, err);
}

static ig_status allocate_lists(execution *e, ig_error *err) {
  e->workers = ig_allocate((size_t)e->threads, sizeof *e->workers, err);
  e->finished = ig_allocate(e->plan->count, sizeof *e->finished, err);
  e->small = ig_allocate(e->plan->count, sizeof *e->small, err);
  if (!e->workers || !e->finished || !e->small) return IG_ERROR_MEMORY;
  IG_TRY(find_joined_tensors(e, err));
  return ig_draws_create(e->plan, e->sizes.blocks, &e->draws, err);
}

static ig_status execute_in_memory(execution *e, ig_error *err) {
  ig_arena arena = ig_arena_measure();
  carve(e, &arena);
  IG_TRY(ig_arena_create(&arena, arena.peak, err));
  ig_status status = allocate_lists(e, err);
  if (status == IG_OK) {
    carve(e, &arena);
    status = merge_all(e, err);
  }
  if (e->syncing) ig_output_sync_end(e->output, NULL);  // something else failed
  ig_draws_free(e->draws);
  free(e->small);
  free(e->finished);
  free(e->members);
  free(e->workers);
  ig_arena_free(&arena);
  return status;
}

ig_status ig_execute_plan(const ig_fusion_plan *plan, ig_pool *pool,
                          const ig_execution_target *target, ig_error *err) {
  execution e = {.plan = plan,
                 .staging = target->staging,
                 .output = target->output,
                 .reporter = target->reporter,
                 .interrupter = target->interrupter,
                 .pool = pool,
                 .threads = ig_pool_threads(pool),
                 .sizes = ig_blocking_measure(plan)};
  IG_TRY(ig_ties_check_copies(&plan->models, err));
  IG_TRY(ig_matched_rows_fill_padding(plan, err));
  return execute_in_memory(&e, err);
}
