// Blocking and threading round kernel/product_unit.h. Rows of A and columns of B are lines. The
// operand with fewer lines is packed once and shared by all tasks. Of the other one, each task
// packs its own lines into memory that stays in its L2. So everything is packed once. A B that was
// packed before is the tasks' own operand, whatever the lines, and A is taken in blocks of rows. k
// is walked in chunks, which bounds the memory of what is packed; the chain of sums goes on from C,
// so that no choice made here changes a bit.
#include "nn/gemm_unit.h"

#include <assert.h>

#include "nn/blocks.h"

enum {
  CHUNK_STEPS = 16,   // steps of k in a chunk, at least
  SHARED_STEPS = 96,  // steps of all shared panels together, where the panels are few: 576 KB
  OWN_STEPS = 128,    // steps of all panels of a task together
  // Rows of A that a B packed before is multiplied with at a time; a chunk of them stays in L2.
  ROW_BLOCK = 256,
  OWN_PANELS = OWN_STEPS / CHUNK_STEPS,
  TASKS_PER_THREAD = 2,
};
static const size_t WORTH = 1 << 20;          // multiply-adds that are worth packing for the unit
static const size_t THREADS_WORTH = 1 << 18;  // those of a product that are worth threads

// One operand: the rows of A, or the columns of B.
typedef struct operand_lines {
  ig_panel_kind kind;
  size_t count;
  const float *x;  // element (line, p): x[line * x_line + p * x_depth]
  size_t x_line, x_depth;
  const char *panels;  // packed before, with all of k; NULL: not packed
  size_t panel;        // bytes of one of them
} operand_lines;

typedef struct unit_work {
  const ig_kernels *kernels;
  const ig_product_unit *unit;
  const ig_gemm *gemm;
  operand_lines shared, own;
  char *packed;              // (panels of shared, steps)
  char *blocks;              // (threads, OWN_STEPS)
  size_t first, depth;       // the part of k that is this chunk
  size_t steps;              // of the chunk
  size_t own_panels, tasks;  // the own panels are dealt out to the tasks
} unit_work;

bool ig_gemm_unit_worth(const ig_product_unit *unit, size_t m, size_t n, size_t k) {
  return unit && m >= unit->row_edge && n >= unit->column_edge && k >= unit->depth &&
         m * n * k >= WORTH;
}

// Of the panels of an operand.
static size_t edge_of(const unit_work *w, const operand_lines *l) {
  return ig_product_unit_edge(w->unit, l->kind);
}
static size_t step_bytes(const unit_work *w, const operand_lines *l) {
  return ig_product_unit_step(w->unit, l->kind);
}

// Packs this chunk of the panel that begins with line `first`.
static void pack_panel(const unit_work *w, const operand_lines *l, size_t first, char *to) {
  w->unit->pack(&(ig_panel_source){.kind = l->kind,
                                   .count = ig_blocks_at_most(l->count - first, edge_of(w, l)),
                                   .depth = w->depth,
                                   .x = l->x + first * l->x_line + w->first * l->x_depth,
                                   .x_line = l->x_line,
                                   .x_depth = l->x_depth},
                to);
}

static void pack_shared_panel(void *context, size_t index, int worker) {
  (void)worker;
  const unit_work *w = context;
  pack_panel(w, &w->shared, index * edge_of(w, &w->shared),
             w->packed + index * w->steps * step_bytes(w, &w->shared));
}

// C = activation(C + bias) over the block of a task.
static void apply_bias_and_activation(const unit_work *w, size_t row, size_t rows, size_t column,
                                      size_t columns) {
  const ig_gemm *g = w->gemm;
  for (size_t i = row; i < row + rows; i++) {
    float *c = g->c + i * g->c_row + column;
    if (g->bias) w->kernels->add(columns, c, g->bias + column, c);
    if (g->activation != IG_ACTIVATION_NONE) w->kernels->activation(g->activation, columns, c, c);
  }
}

// Returns this chunk of a task's own panels, packed. *stride: bytes from one to the next.
static const char *take_own_panels(const unit_work *w, size_t first, size_t count, int worker,
                                   size_t *stride) {
  const size_t edge = edge_of(w, &w->own), step = step_bytes(w, &w->own);
  *stride = w->own.panels ? w->own.panel : w->steps * step;
  if (w->own.panels)
    return w->own.panels + first / edge * w->own.panel + w->first / w->unit->depth * step;
  char *block = w->blocks + (size_t)worker * OWN_STEPS * step;
  for (size_t i = 0; i < count; i += edge)
    pack_panel(w, &w->own, first + i, block + i / edge * *stride);
  return block;
}

static void multiply_own_panels(void *context, size_t index, int worker) {
  const unit_work *w = context;
  const ig_gemm *g = w->gemm;
  const size_t edge = edge_of(w, &w->own), shared_panel = w->steps * step_bytes(w, &w->shared);
  const size_t first = w->own_panels * index / w->tasks * edge,
               end = w->own_panels * (index + 1) / w->tasks * edge,
               count = ig_blocks_at_most(w->own.count, end) - first;
  const bool rows = w->own.kind == IG_PANEL_ROWS;
  size_t own_panel;
  const char *own = take_own_panels(w, first, count, worker, &own_panel);
  const size_t row = rows ? first : 0, column = rows ? 0 : first;
  const ig_panel_product product = {.rows = rows ? count : g->m,
                                    .columns = rows ? g->n : count,
                                    .steps = w->steps,
                                    .a = rows ? own : w->packed,
                                    .b = rows ? w->packed : own,
                                    .a_panel = rows ? own_panel : shared_panel,
                                    .b_panel = rows ? shared_panel : own_panel,
                                    .c = g->c + row * g->c_row + column,
                                    .c_row = g->c_row,
                                    .accumulate = g->accumulate || w->first > 0};
  w->unit->multiply(&product);
  if (w->first + w->depth == g->k && (g->bias || g->activation != IG_ACTIVATION_NONE))
    apply_bias_and_activation(w, row, product.rows, column, product.columns);
}

// Steps of `panels` shared panels together. Few panels make long chunks, since at each chunk the
// threads wait for each other.
static size_t shared_steps(size_t panels) {
  return ig_blocks_at_least(panels * CHUNK_STEPS, SHARED_STEPS);
}

static size_t column_panel_bytes(const ig_product_unit *unit, size_t k) {
  return ig_blocks_parts(k, unit->depth) * unit->column_step;
}

// As many tasks as keep a task's panels few, and as give every thread the same number of tasks.
static void deal_own_panels(unit_work *w, size_t threads) {
  w->own_panels = ig_blocks_parts(w->own.count, edge_of(w, &w->own));
  const size_t tasks =
      ig_blocks_at_least(ig_blocks_parts(w->own_panels, OWN_PANELS), threads * TASKS_PER_THREAD);
  w->tasks = ig_blocks_at_most(ig_blocks_parts(tasks, threads) * threads, w->own_panels);
}

static void multiply_row_block(ig_nn *nn, const ig_product_unit *unit, const ig_gemm *g) {
  const bool few = !g->packed.data && g->m * g->n * g->k < THREADS_WORTH;
  ig_pool *pool = few ? NULL : nn->pool;
  const size_t threads = (size_t)ig_pool_threads(pool), mark = ig_arena_mark(nn->scratch);
  const operand_lines rows = {
      .kind = IG_PANEL_ROWS, .count = g->m, .x = g->a, .x_line = g->a_row, .x_depth = g->a_depth};
  const operand_lines columns = {.kind = IG_PANEL_COLUMNS,
                                 .count = g->n,
                                 .x = g->b,
                                 .x_line = g->b_column,
                                 .x_depth = g->b_depth,
                                 .panels = g->packed.data,
                                 .panel = column_panel_bytes(unit, g->k)};
  const bool share_rows = g->packed.data || g->m < g->n;
  unit_work w = {.kernels = nn->kernels,
                 .unit = unit,
                 .gemm = g,
                 .shared = share_rows ? rows : columns,
                 .own = share_rows ? columns : rows};
  const size_t panels = ig_blocks_parts(w.shared.count, edge_of(&w, &w.shared));
  deal_own_panels(&w, threads);
  w.packed = IG_TAKE(nn->scratch, char, shared_steps(panels) * step_bytes(&w, &w.shared));
  w.blocks = IG_TAKE(nn->scratch, char, threads *OWN_STEPS *step_bytes(&w, &w.own));
  const size_t most_own = ig_blocks_parts(w.own_panels, w.tasks),
               chunk = ig_blocks_at_most(shared_steps(panels) / panels, OWN_STEPS / most_own) *
                       unit->depth;
  do {
    w.depth = ig_blocks_at_most(g->k - w.first, chunk);
    w.steps = ig_blocks_parts(w.depth, unit->depth);
    ig_pool_run(pool, panels, pack_shared_panel, &w);
    ig_pool_run(pool, w.tasks, multiply_own_panels, &w);
    w.first += w.depth;
  } while (w.first < g->k && !ig_interrupt_seen(nn->watch));
  ig_arena_release(nn->scratch, mark);
}

void ig_gemm_unit_run(ig_nn *nn, const ig_product_unit *unit, const ig_gemm *g) {
  assert(!g->packed.data || g->packed.layout == IG_WEIGHT_LAYOUT_BFLOAT16_PARTS);
  const size_t rows = g->packed.data ? ROW_BLOCK : g->m;
  for (size_t first = 0; first < g->m; first += rows) {
    ig_gemm block = *g;
    block.m = ig_blocks_at_most(g->m - first, rows);
    block.a += first * g->a_row;
    block.c += first * g->c_row;
    multiply_row_block(nn, unit, &block);
  }
}

size_t ig_gemm_unit_scratch(const ig_nn *nn, const ig_product_unit *unit, size_t m, size_t n) {
  const size_t step = ig_blocks_at_least(unit->row_step, unit->column_step),
               edge = ig_blocks_at_most(unit->row_edge, unit->column_edge);
  const size_t shared =
      ig_blocks_at_least(ig_blocks_at_most(m, n), ig_blocks_at_most(m, ROW_BLOCK));
  ig_arena measured = ig_arena_measure();
  ig_arena_take(&measured, shared_steps(ig_blocks_parts(shared, edge)), step);
  ig_arena_take(&measured, (size_t)ig_pool_threads(nn->pool) * OWN_STEPS, step);
  return measured.peak;
}

// ---- B packed before --------------------------------------------------------

size_t ig_gemm_unit_packed_bytes(const ig_product_unit *unit, size_t n, size_t k) {
  return ig_blocks_parts(n, unit->column_edge) * column_panel_bytes(unit, k);
}

typedef struct column_packing {
  const ig_product_unit *unit;
  ig_panel_source columns;  // all of them
  char *packed;
} column_packing;

static void pack_column_panel(void *context, size_t index, int worker) {
  (void)worker;
  const column_packing *p = context;
  const size_t first = index * p->unit->column_edge;
  ig_panel_source panel = p->columns;
  panel.count = ig_blocks_at_most(panel.count - first, p->unit->column_edge);
  panel.x += first * panel.x_line;
  p->unit->pack(&panel, p->packed + index * column_panel_bytes(p->unit, panel.depth));
}

void ig_gemm_unit_pack(ig_nn *nn, const ig_product_unit *unit, const ig_gemm_operand *b,
                       void *memory) {
  column_packing p = {.unit = unit,
                      .columns = {.kind = IG_PANEL_COLUMNS,
                                  .count = b->n,
                                  .depth = b->k,
                                  .x = b->b,
                                  .x_line = b->b_column,
                                  .x_depth = b->b_depth},
                      .packed = memory};
  ig_pool_run(b->n * b->k < WORTH ? NULL : nn->pool, ig_blocks_parts(b->n, p.unit->column_edge),
              pack_column_panel, &p);
}
