// Attention by pairs of (sequence, head), which the threads of the pool share. With
// S = scale Q K^T + mask, P = softmax(S) by rows, D = dropout(P):
//   forward   O = D V
//   backward  dV = D^T dO,  dD = dO V^T,  dP = dropout(dD),  dS = scale P (dP - sum(P dP)),
//             dQ = dS K,  dK = dS^T Q,  and dS / scale is that of what is added to the scores
// Nothing of the size queries x keys outlives a block of queries: the backward computes S and P
// again (Dao et al. 2022, "FlashAttention", 3.1, at the grain of a block of rows). Keys that a
// causal mask hides from a whole block are left out.
//
// There are two ways forward: by matrix products, or row by row if a sequence has few queries or
// its keys are scattered over a cache. The shape of the sequence alone decides, so that the rest of
// the batch changes no bit of it.
#include "nn/attention.h"

#include <string.h>

#include "nn/blocks.h"
#include "nn/dropout.h"
#include "nn/gemm.h"

enum {
  FEW_QUERIES = 4,   // fewer are computed row by row
  QUERY_BLOCK = 32,  // queries of a block
  TASKS_PER_THREAD = 16
};

typedef struct attention_work {
  ig_nn *nn;
  const ig_attention_args *args;
  float *output;         // (rows, heads*head_dim)
  const float *doutput;  // (rows, heads*head_dim)
  const ig_attention_gradients *gradients;
  const ig_attention_weights *weights;
  float *buffers;  // (threads, buffer)
  size_t buffer;
  size_t group, pairs;  // pairs of a task, and all pairs
} attention_work;

// One sequence and one head.
typedef struct head_pair {
  const attention_work *work;
  size_t sequence, head, queries, keys, first_row, first_key, dim;
  const float *query, *key, *value;  // keys and values in float32
  float *scratch;                    // of the worker that has this pair
} head_pair;

// Some queries of a pair, and the keys that the last of them sees.
typedef struct query_block {
  const head_pair *pair;
  size_t first, rows, keys;
} query_block;

static head_pair pair_at(const attention_work *w, size_t number, int worker) {
  const ig_attention_args *a = w->args;
  const size_t s = number / (size_t)a->heads, h = number % (size_t)a->heads,
               column = h * (size_t)a->head_dim;
  head_pair p = {.work = w,
                 .sequence = s,
                 .head = h,
                 .keys = (size_t)a->keys.length[s],
                 .first_row = (size_t)a->queries.offsets[s],
                 .dim = (size_t)a->head_dim};
  p.queries = (size_t)a->queries.offsets[s + 1] - p.first_row;
  p.first_key = a->keys.index ? 0 : (size_t)a->keys.begin[s];
  p.query = a->query + p.first_row * a->query_stride + column;
  if (a->keys.key.fp32) {
    p.key = a->keys.key.fp32 + p.first_key * a->keys.stride + column;
    p.value = a->keys.value.fp32 + p.first_key * a->keys.stride + column;
  }
  p.scratch = w->buffers + (size_t)worker * w->buffer;
  return p;
}

// How many keys query i may see: all, or 0 .. i + (keys - queries) under a causal mask.
static size_t visible_keys(const head_pair *p, size_t i) {
  if (!p->work->args->mask.causal) return p->keys;
  const size_t end = i + 1 + p->keys;
  return end <= p->queries ? 0 : ig_blocks_at_most(end - p->queries, p->keys);
}

// The key at which query i is.
static size_t key_of_query(const head_pair *p, size_t i) { return i + p->keys - p->queries; }

static query_block block_at(const head_pair *p, size_t first) {
  const size_t rows = ig_blocks_at_most(p->queries - first, QUERY_BLOCK);
  return (query_block){p, first, rows, visible_keys(p, first + rows - 1)};
}

// Turns the scores of query i into probabilities, in place. n: keys in the row.
static void normalize_row(const head_pair *p, size_t i, size_t n, float *row) {
  const attention_work *w = p->work;
  const ig_attention_mask *m = &w->args->mask;
  const ig_kernels *kernels = w->nn->kernels;
  const size_t seen = visible_keys(p, i);
  kernels->scale(seen, w->args->scale, row, row);
  if (m->distance)
    kernels->add(seen, row, m->distance + p->head * m->distance_head - key_of_query(p, i), row);
  if (m->mask)
    kernels->add(
        seen, row,
        m->mask + p->sequence * m->mask_sequence + p->head * m->mask_head + i * m->mask_row, row);
  if (m->key_padding)
    kernels->add(seen, row, m->key_padding + p->sequence * m->padding_sequence, row);
  kernels->softmax(seen, row);
  memset(row + seen, 0, (n - seen) * sizeof *row);
}

static void drop_row(const head_pair *p, size_t i, size_t n, const float *from, float *to) {
  const attention_work *w = p->work;
  ig_dropout_row key = ig_dropout_key(w->nn, &w->args->dropout, (uint32_t)(p->first_row + i));
  key.counter[0] = (uint32_t)p->head << 16;
  w->nn->kernels->dropout(&key, n, from, to);
}

static void drop_block(const query_block *b, const float *from, float *to) {
  for (size_t i = 0; i < b->rows; i++)
    drop_row(b->pair, b->first + i, b->keys, from + i * b->keys, to + i * b->keys);
}

// The scratch of one pair: the transposed operands, packed once for all blocks, and then what a
// block needs. Some of it exists in the backward only.
typedef struct pair_buffers {
  float *keys;           // K^T, packed
  float *values;         // V^T, packed; backward only
  float *probabilities;  // (rows of a block, keys)
  float *dropped;        // (rows of a block, keys); backward only
  float *dscores;        // (rows of a block, keys); backward only
  float *packed;         // for other operands
} pair_buffers;

static pair_buffers carve_pair(const head_pair *p, bool backward) {
  const size_t operand = ig_gemm_panel_floats(p->work->nn->kernels, p->keys, p->dim),
               plane = QUERY_BLOCK * p->keys;
  pair_buffers b = {.keys = p->scratch};
  b.values = b.keys + operand;
  b.probabilities = b.values + (backward ? operand : 0);
  b.dropped = b.probabilities + plane;
  b.dscores = b.dropped + (backward ? plane : 0);
  b.packed = b.dscores + (backward ? plane : 0);
  return b;
}

// Packs X^T, for X the keys or the values of the pair, as the B of a product.
static void pack_transposed(const head_pair *p, const float *x, float *packed) {
  const ig_kernels *kernels = p->work->nn->kernels;
  const ig_gemm_operand transposed = {
      .n = p->keys, .k = p->dim, .b = x, .b_depth = 1, .b_column = p->work->args->keys.stride};
  kernels->gemm_pack(&transposed, packed, p->dim * kernels->gemm_nr);
}

// C = A X^T over the rows and keys of the block: scores from queries and K, dD from dO and V.
static void multiply_transposed(const query_block *b, const float *a, size_t a_row,
                                const float *packed, float *c) {
  ig_gemm_serial(b->pair->work->nn->kernels,
                 &(ig_gemm){.m = b->rows,
                            .n = b->keys,
                            .k = b->pair->dim,
                            .a = a,
                            .a_row = a_row,
                            .a_depth = 1,
                            .packed = {.layout = IG_WEIGHT_LAYOUT_FLOAT32_PANELS, .data = packed},
                            .c = c,
                            .c_row = b->keys},
                 NULL);
}

// C = W X over the keys of the block: O from D and V, dQ from dS and K. packed: for X.
static void multiply_keys(const query_block *b, const float *weights, const float *x, float *c,
                          size_t c_row, float *packed) {
  const attention_work *w = b->pair->work;
  ig_gemm_serial(w->nn->kernels,
                 &(ig_gemm){.m = b->rows,
                            .n = b->pair->dim,
                            .k = b->keys,
                            .a = weights,
                            .a_row = b->keys,
                            .a_depth = 1,
                            .b = x,
                            .b_depth = w->args->keys.stride,
                            .b_column = 1,
                            .c = c,
                            .c_row = c_row},
                 packed);
}

// C += W^T X over the rows of the block: dV from D and dO, dK from dS and Q. packed: for X.
static void add_transposed(const query_block *b, const float *weights, const float *x, size_t x_row,
                           float *c, float *packed) {
  const attention_work *w = b->pair->work;
  ig_gemm_serial(w->nn->kernels,
                 &(ig_gemm){.m = b->keys,
                            .n = b->pair->dim,
                            .k = b->rows,
                            .a = weights,
                            .a_row = 1,
                            .a_depth = b->keys,
                            .b = x,
                            .b_depth = x_row,
                            .b_column = 1,
                            .c = c,
                            .c_row = w->gradients->dkey_stride,
                            .accumulate = true},
                 packed);
}

// Computes the probabilities of the block, before dropout.
static void compute_probabilities(const query_block *b, const float *packed_keys, float *out) {
  const head_pair *p = b->pair;
  const size_t stride = p->work->args->query_stride;
  multiply_transposed(b, p->query + b->first * stride, stride, packed_keys, out);
  for (size_t i = 0; i < b->rows; i++) normalize_row(p, b->first + i, b->keys, out + i * b->keys);
}

static void forward_by_products(const head_pair *p, float *output) {
  const attention_work *w = p->work;
  const size_t width = (size_t)w->args->heads * p->dim;
  const pair_buffers f = carve_pair(p, false);
  pack_transposed(p, p->key, f.keys);
  for (size_t first = 0; first < p->queries; first += QUERY_BLOCK) {
    const query_block b = block_at(p, first);
    compute_probabilities(&b, f.keys, f.probabilities);
    if (ig_dropout_active(w->nn, &w->args->dropout))
      drop_block(&b, f.probabilities, f.probabilities);
    multiply_keys(&b, f.probabilities, p->value, output + first * width, width, f.packed);
  }
}

// This head's columns of the keys, or of the values.
static ig_listed_rows head_columns(const head_pair *p, ig_kv_rows rows) {
  const ig_keys *keys = &p->work->args->keys;
  const ig_kv_rows columns = ig_kv_rows_from(rows, p->head * p->dim);
  return (ig_listed_rows){
      .fp32 = columns.fp32,
      .bf16 = columns.bf16,
      .stride = keys->stride,
      .count = p->keys,
      .first = p->first_key,
      .index = keys->index ? keys->index + p->sequence * keys->index_stride : NULL};
}

// The probabilities of query i: row (keys).
static void compute_row(const head_pair *p, size_t i, float *row) {
  const ig_attention_args *a = p->work->args;
  const float *query = p->query + i * a->query_stride;
  const ig_listed_rows keys = head_columns(p, a->keys.key);
  p->work->nn->kernels->dot_rows(p->dim, query, &keys, row);
  normalize_row(p, i, p->keys, row);
}

static void forward_by_rows(const head_pair *p, float *output) {
  const attention_work *w = p->work;
  const ig_attention_args *a = w->args;
  const ig_kernels *kernels = w->nn->kernels;
  const ig_listed_rows values = head_columns(p, a->keys.value);
  const size_t dim = p->dim;
  float *row = p->scratch;
  for (size_t i = 0; i < p->queries; i++) {
    float *to = output + i * (size_t)a->heads * dim;
    compute_row(p, i, row);
    if (ig_dropout_active(w->nn, &a->dropout)) drop_row(p, i, p->keys, row, row);
    memset(to, 0, dim * sizeof *to);
    kernels->add_weighted_rows(dim, row, &values, to);
  }
}

static void attention_forward_group(void *context, size_t index, int worker) {
  const attention_work *w = context;
  const size_t last = ig_blocks_at_most((index + 1) * w->group, w->pairs);
  for (size_t number = index * w->group; number < last; number++) {
    if (ig_interrupt_seen(w->nn->watch)) return;
    const head_pair p = pair_at(w, number, worker);
    float *output = w->output + (p.first_row * (size_t)w->args->heads + p.head) * p.dim;
    if (w->args->keys.index || p.queries < FEW_QUERIES)
      forward_by_rows(&p, output);
    else
      forward_by_products(&p, output);
  }
}

// The weights of one sequence: of a head, or the mean of all.
static void weigh_sequence(void *context, size_t sequence, int worker) {
  const attention_work *w = context;
  const ig_attention_weights *out = w->weights;
  const size_t heads = (size_t)w->args->heads, first = out->head < 0 ? 0 : (size_t)out->head,
               end = out->head < 0 ? heads : first + 1;
  for (size_t h = first; h < end; h++) {
    const head_pair p = pair_at(w, sequence * heads + h, worker);
    float *to = out->weights + out->offsets[sequence];
    if (h == first) memset(to, 0, p.queries * p.keys * sizeof *to);
    for (size_t i = 0; i < p.queries; i++) {
      compute_row(&p, i, p.scratch);
      w->nn->kernels->axpy(p.keys, 1.0f / (float)(end - first), p.scratch, to + i * p.keys);
    }
  }
}

// Computes dS of the block from its P and dO, by way of dD in the same place.
static void compute_score_gradients(const query_block *b, const pair_buffers *f,
                                    const float *doutput) {
  const attention_work *w = b->pair->work;
  const size_t width = (size_t)w->args->heads * b->pair->dim;
  multiply_transposed(b, doutput, width, f->values, f->dscores);
  if (ig_dropout_active(w->nn, &w->args->dropout)) drop_block(b, f->dscores, f->dscores);
  for (size_t i = 0; i < b->rows; i++) {
    float *row = f->dscores + i * b->keys;
    w->nn->kernels->softmax_backward(b->keys, f->probabilities + i * b->keys, row, w->args->scale,
                                     row);
  }
}

// Adds dS / scale of the block to the gradients of the distances between its queries and keys.
static void add_distance_gradients(const query_block *b, const float *dscores) {
  const head_pair *p = b->pair;
  const attention_work *w = p->work;
  const size_t distances = 2 * p->keys - 1;
  float *to =
      w->gradients->ddistance + 2 * p->first_row * (size_t)w->args->heads + p->head * distances;
  for (size_t i = 0; i < b->rows; i++)
    w->nn->kernels->axpy(b->keys, 1 / w->args->scale, dscores + i * b->keys,
                         to + p->keys - 1 - key_of_query(p, b->first + i));
}

static void backward_block(const query_block *b, const pair_buffers *f) {
  const head_pair *p = b->pair;
  const attention_work *w = p->work;
  const ig_attention_args *a = w->args;
  const ig_attention_gradients *g = w->gradients;
  const size_t column = p->head * p->dim, width = (size_t)a->heads * p->dim,
               key = p->first_key * g->dkey_stride + column;
  const float *doutput = w->doutput + (p->first_row + b->first) * width + column,
              *weights = f->probabilities;
  compute_probabilities(b, f->keys, f->probabilities);
  if (ig_dropout_active(w->nn, &a->dropout)) {
    drop_block(b, f->probabilities, f->dropped);
    weights = f->dropped;
  }
  add_transposed(b, weights, doutput, width, g->dvalue + key, f->packed);
  compute_score_gradients(b, f, doutput);
  if (g->ddistance) add_distance_gradients(b, f->dscores);
  float *dquery = g->dquery + (p->first_row + b->first) * g->dquery_stride + column;
  multiply_keys(b, f->dscores, p->key, dquery, g->dquery_stride, f->packed);
  add_transposed(b, f->dscores, p->query + b->first * a->query_stride, a->query_stride,
                 g->dkey + key, f->packed);
}

static void backward_pair(const head_pair *p) {
  const ig_attention_gradients *g = p->work->gradients;
  for (size_t t = 0; t < p->keys; t++) {
    const size_t at = (p->first_key + t) * g->dkey_stride + p->head * p->dim;
    memset(g->dkey + at, 0, p->dim * sizeof *g->dkey);
    memset(g->dvalue + at, 0, p->dim * sizeof *g->dvalue);
  }
  if (g->ddistance && p->keys > 0) {
    const size_t heads = (size_t)p->work->args->heads, distances = 2 * p->keys - 1;
    memset(g->ddistance + 2 * p->first_row * heads + p->head * distances, 0,
           distances * sizeof *g->ddistance);
  }
  const pair_buffers f = carve_pair(p, true);
  pack_transposed(p, p->key, f.keys);
  pack_transposed(p, p->value, f.values);
  for (size_t first = 0; first < p->queries; first += QUERY_BLOCK) {
    const query_block b = block_at(p, first);
    backward_block(&b, &f);
  }
}

static void attention_backward_group(void *context, size_t index, int worker) {
  const attention_work *w = context;
  const size_t last = ig_blocks_at_most((index + 1) * w->group, w->pairs);
  for (size_t number = index * w->group; number < last; number++) {
    const head_pair p = pair_at(w, number, worker);
    backward_pair(&p);
  }
}

// Floats of one worker: what a block needs, and the largest operand that the products pack
// themselves, which is V or K, or a block of dO or Q.
static size_t worker_buffer(const ig_kernels *kernels, size_t dim, size_t keys) {
  const size_t depth = ig_blocks_at_least(keys, QUERY_BLOCK), unit = IG_ALIGNMENT / sizeof(float);
  const size_t operand = ig_gemm_panel_floats(kernels, keys, dim);
  const size_t floats =
      2 * operand + 3 * QUERY_BLOCK * keys + ig_gemm_panel_floats(kernels, dim, depth);
  return (floats / unit + 2) * unit;
}

// Runs tasks of which each thread has a buffer.
static void run_tasks(attention_work *w, size_t count, ig_task task) {
  const ig_attention_args *a = w->args;
  ig_nn *nn = w->nn;
  const size_t mark = ig_arena_mark(nn->scratch), sequences = (size_t)a->queries.sequences,
               threads = (size_t)ig_pool_threads(nn->pool);
  size_t most_keys = 0;
  for (size_t s = 0; s < sequences; s++)
    if ((size_t)a->keys.length[s] > most_keys) most_keys = (size_t)a->keys.length[s];
  w->buffer = worker_buffer(nn->kernels, (size_t)a->head_dim, most_keys);
  w->buffers = IG_TAKE(nn->scratch, float, w->buffer *threads);
  ig_pool_run(nn->pool, count, task, w);
  ig_arena_release(nn->scratch, mark);
}

static void run_pairs(attention_work *w, ig_task task) {
  const size_t threads = (size_t)ig_pool_threads(w->nn->pool);
  w->pairs = (size_t)w->args->queries.sequences * (size_t)w->args->heads;
  w->group = w->pairs / (threads * TASKS_PER_THREAD) + 1;
  run_tasks(w, ig_blocks_parts(w->pairs, w->group), task);
}

void ig_attention_forward(ig_nn *nn, const ig_attention_args *args, float *output) {
  run_pairs(&(attention_work){.nn = nn, .args = args, .output = output}, attention_forward_group);
}

void ig_attention_probabilities(ig_nn *nn, const ig_attention_args *args,
                                const ig_attention_weights *out) {
  run_tasks(&(attention_work){.nn = nn, .args = args, .weights = out},
            (size_t)args->queries.sequences, weigh_sequence);
}

void ig_attention_backward(ig_nn *nn, const ig_attention_args *args, const float *doutput,
                           const ig_attention_gradients *gradients) {
  run_pairs(&(attention_work){.nn = nn, .args = args, .doutput = doutput, .gradients = gradients},
            attention_backward_group);
}

size_t ig_attention_scratch(const ig_nn *nn, int head_dim, int max_keys) {
  ig_arena plan = ig_arena_measure();
  ig_arena_take(&plan,
                worker_buffer(nn->kernels, (size_t)head_dim, (size_t)max_keys) *
                    (size_t)ig_pool_threads(nn->pool),
                sizeof(float));
  return plan.peak;
}
