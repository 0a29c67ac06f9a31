// Attention of one (sequence, head) after another, over the pool. With S = scale Q K^T + mask, P = softmax(S) by rows, D = dropout(P):
//   forward   O = D V
//   backward  dV = D^T dO,  dD = dO V^T,  dP = dropout(dD),  dS = scale P (dP - sum(P dP)),  dQ = dS K,  dK = dS^T Q
// Two ways forward: matrix products, and row by row where a sequence has few queries or its keys are scattered over a cache. A sequence's own shape
// alone decides, so its company in the batch changes nothing.
#include "nn/attention.h"

#include <string.h>

#include "nn/dropout.h"
#include "nn/gemm.h"

enum { FEW_QUERIES = 4, TASKS_PER_THREAD = 16 };

typedef struct attention_work {
  ig_nn *nn;
  const ig_attention_args *args;
  const size_t *first_probability;  // (sequences): where each one's probabilities begin
  float *probabilities;             // or NULL
  float *output;                    // (rows, heads*head_dim)
  const float *doutput;             // (rows, heads*head_dim)
  const ig_attention_gradients *gradients;
  float *buffers;  // (threads, buffer)
  size_t buffer;
  size_t group, pairs;  // (sequence, head) pairs a task, and in all
} attention_work;

// One (sequence, head).
typedef struct pair {
  size_t sequence, head, queries, keys, first_row, first_key;
  const float *query, *key, *value;
  float *probabilities;  // (queries, keys)
  float *scratch;        // this worker's
} pair;

static size_t key_row(const ig_keys *keys, size_t sequence, size_t t) {
  return keys->index ? (size_t)keys->index[sequence * keys->index_stride + t] : (size_t)keys->begin[sequence] + t;
}

static pair pair_at(const attention_work *w, size_t number, int worker) {
  const ig_attention_args *a = w->args;
  const size_t s = number / (size_t)a->heads, h = number % (size_t)a->heads, column = h * (size_t)a->head_dim;
  pair p = {.sequence = s, .head = h, .keys = (size_t)a->keys.length[s], .first_row = (size_t)a->queries.offsets[s]};
  p.queries = (size_t)a->queries.offsets[s + 1] - p.first_row;
  p.first_key = a->keys.index ? 0 : (size_t)a->keys.begin[s];
  p.query = a->query + p.first_row * a->query_stride + column;
  p.key = a->keys.key + p.first_key * a->keys.stride + column;
  p.value = a->keys.value + p.first_key * a->keys.stride + column;
  p.scratch = w->buffers + (size_t)worker * w->buffer;
  p.probabilities = p.scratch;
  if (w->probabilities)
    p.probabilities = w->probabilities + w->first_probability[s] + h * p.queries * p.keys;
  else
    p.scratch += p.queries * p.keys;
  return p;
}

// Keys that query i may see at all.
static size_t visible(const ig_attention_args *a, const pair *p, size_t i) {
  if (!a->mask.causal) return p->keys;
  const size_t seen = i + 1 + p->keys;  // keys 0 .. i + (keys - queries)
  return seen <= p->queries ? 0 : seen - p->queries < p->keys ? seen - p->queries : p->keys;
}

// Scores of query i to probabilities, in place.
static void normalize_row(const attention_work *w, const pair *p, size_t i, float *row) {
  const ig_attention_mask *m = &w->args->mask;
  const ig_kernels *kernels = w->nn->kernels;
  const size_t n = visible(w->args, p, i);
  kernels->scale(n, w->args->scale, row, row);
  if (m->mask) kernels->add(n, row, m->mask + p->sequence * m->mask_sequence + p->head * m->mask_head + i * m->mask_row, row);
  if (m->key_padding) kernels->add(n, row, m->key_padding + p->sequence * m->padding_sequence, row);
  kernels->softmax(n, row);
  memset(row + n, 0, (p->keys - n) * sizeof *row);
}

static void drop_row(const attention_work *w, const pair *p, size_t i, const float *from, float *to) {
  ig_dropout_row key = ig_dropout_key(w->nn, &w->args->dropout, (uint32_t)(p->first_row + i));
  key.counter[0] = (uint32_t)p->head << 16;
  w->nn->kernels->dropout(&key, p->keys, from, to);
}

// The probabilities after dropout: the same array where nothing is dropped, else a copy.
static const float *drop(const attention_work *w, const pair *p, float *copy) {
  if (!ig_dropout_active(w->nn, &w->args->dropout)) return p->probabilities;
  for (size_t i = 0; i < p->queries; i++) drop_row(w, p, i, p->probabilities + i * p->keys, copy + i * p->keys);
  return copy;
}

static void forward_matrices(const attention_work *w, const pair *p, float *output) {
  const ig_attention_args *a = w->args;
  const ig_kernels *kernels = w->nn->kernels;
  const size_t dim = (size_t)a->head_dim, plane = p->queries * p->keys;
  float *dropped = p->scratch, *packed = p->scratch + plane;
  ig_gemm_serial(kernels,
                 &(ig_gemm){.m = p->queries,
                            .n = p->keys,
                            .k = dim,
                            .a = p->query,
                            .a_row = a->query_stride,
                            .a_depth = 1,
                            .b = p->key,
                            .b_depth = 1,
                            .b_column = a->keys.stride,
                            .c = p->probabilities,
                            .c_row = p->keys},
                 packed);
  for (size_t i = 0; i < p->queries; i++) normalize_row(w, p, i, p->probabilities + i * p->keys);
  ig_gemm_serial(kernels,
                 &(ig_gemm){.m = p->queries,
                            .n = dim,
                            .k = p->keys,
                            .a = drop(w, p, dropped),
                            .a_row = p->keys,
                            .a_depth = 1,
                            .b = p->value,
                            .b_depth = a->keys.stride,
                            .b_column = 1,
                            .c = output,
                            .c_row = (size_t)a->heads * dim},
                 packed);
}

static void forward_rows(const attention_work *w, const pair *p, float *output) {
  const ig_attention_args *a = w->args;
  const ig_kernels *kernels = w->nn->kernels;
  const size_t dim = (size_t)a->head_dim, column = p->head * dim;
  for (size_t i = 0; i < p->queries; i++) {
    const float *query = p->query + i * a->query_stride, *weights = p->probabilities + i * p->keys;
    float *row = p->probabilities + i * p->keys, *to = output + i * (size_t)a->heads * dim;
    for (size_t t = 0; t < p->keys; t++) row[t] = kernels->dot(dim, query, a->keys.key + key_row(&a->keys, p->sequence, t) * a->keys.stride + column);
    normalize_row(w, p, i, row);
    if (ig_dropout_active(w->nn, &a->dropout)) {
      drop_row(w, p, i, row, p->scratch);
      weights = p->scratch;
    }
    memset(to, 0, dim * sizeof *to);
    for (size_t t = 0; t < p->keys; t++)
      kernels->axpy(dim, weights[t], a->keys.value + key_row(&a->keys, p->sequence, t) * a->keys.stride + column, to);
  }
}

static void forward_task(void *context, size_t index, int worker) {
  const attention_work *w = context;
  const size_t last = (index + 1) * w->group < w->pairs ? (index + 1) * w->group : w->pairs;
  for (size_t number = index * w->group; number < last; number++) {
    const pair p = pair_at(w, number, worker);
    float *output = w->output + (p.first_row * (size_t)w->args->heads + p.head) * (size_t)w->args->head_dim;
    (w->args->keys.index || p.queries < FEW_QUERIES ? forward_rows : forward_matrices)(w, &p, output);
  }
}

static void backward_pair(const attention_work *w, const pair *p) {
  const ig_attention_args *a = w->args;
  const ig_attention_gradients *g = w->gradients;
  const ig_kernels *kernels = w->nn->kernels;
  const size_t dim = (size_t)a->head_dim, column = p->head * dim, width = (size_t)a->heads * dim, plane = p->queries * p->keys;
  float *dropped = p->scratch, *dscores = p->scratch + plane, *packed = p->scratch + 2 * plane;
  const float *doutput = w->doutput + p->first_row * width + column;
  const float *weights = drop(w, p, dropped);
  ig_gemm_serial(kernels,
                 &(ig_gemm){.m = p->keys,
                            .n = dim,
                            .k = p->queries,
                            .a = weights,
                            .a_row = 1,
                            .a_depth = p->keys,
                            .b = doutput,
                            .b_depth = width,
                            .b_column = 1,
                            .c = g->dvalue + p->first_key * g->dkey_stride + column,
                            .c_row = g->dkey_stride},
                 packed);
  ig_gemm_serial(kernels,
                 &(ig_gemm){.m = p->queries,
                            .n = p->keys,
                            .k = dim,
                            .a = doutput,
                            .a_row = width,
                            .a_depth = 1,
                            .b = p->value,
                            .b_depth = 1,
                            .b_column = a->keys.stride,
                            .c = dscores,
                            .c_row = p->keys},
                 packed);
  for (size_t i = 0; i < p->queries; i++) {
    float *row = dscores + i * p->keys;
    if (ig_dropout_active(w->nn, &a->dropout)) drop_row(w, p, i, row, row);
    kernels->softmax_backward(p->keys, p->probabilities + i * p->keys, row, a->scale, row);
  }
  ig_gemm_serial(kernels,
                 &(ig_gemm){.m = p->queries,
                            .n = dim,
                            .k = p->keys,
                            .a = dscores,
                            .a_row = p->keys,
                            .a_depth = 1,
                            .b = p->key,
                            .b_depth = a->keys.stride,
                            .b_column = 1,
                            .c = g->dquery + p->first_row * g->dquery_stride + column,
                            .c_row = g->dquery_stride},
                 packed);
  ig_gemm_serial(kernels,
                 &(ig_gemm){.m = p->keys,
                            .n = dim,
                            .k = p->queries,
                            .a = dscores,
                            .a_row = 1,
                            .a_depth = p->keys,
                            .b = p->query,
                            .b_depth = a->query_stride,
                            .b_column = 1,
                            .c = g->dkey + p->first_key * g->dkey_stride + column,
                            .c_row = g->dkey_stride},
                 packed);
}

static void backward_task(void *context, size_t index, int worker) {
  const attention_work *w = context;
  const size_t last = (index + 1) * w->group < w->pairs ? (index + 1) * w->group : w->pairs;
  for (size_t number = index * w->group; number < last; number++) {
    const pair p = pair_at(w, number, worker);
    backward_pair(w, &p);
  }
}

// Floats of one worker: the probabilities where nobody keeps them, dropped ones, gradients of scores, a packed operand.
static size_t worker_buffer(const ig_kernels *kernels, size_t dim, size_t queries, size_t keys) {
  const size_t packed[] = {ig_gemm_serial_buffer(kernels, queries, keys, dim), ig_gemm_serial_buffer(kernels, queries, dim, keys),
                           ig_gemm_serial_buffer(kernels, keys, dim, queries)};
  size_t most = 0;
  for (int i = 0; i < 3; i++)
    if (packed[i] > most) most = packed[i];
  const size_t floats = 3 * queries * keys + most, unit = IG_ALIGNMENT / sizeof(float);
  return (floats / unit + 2) * unit;
}

static void run(attention_work *w, ig_task task) {
  const ig_attention_args *a = w->args;
  ig_nn *nn = w->nn;
  const size_t mark = ig_arena_mark(nn->scratch), sequences = (size_t)a->queries.sequences, threads = (size_t)ig_pool_threads(nn->pool);
  size_t *first = IG_TAKE(nn->scratch, size_t, sequences), next = 0, most_queries = 0, most_keys = 0;
  for (size_t s = 0; s < sequences; s++) {
    const size_t queries = (size_t)(a->queries.offsets[s + 1] - a->queries.offsets[s]), keys = (size_t)a->keys.length[s];
    first[s] = next;
    next += (size_t)a->heads * queries * keys;
    if (queries > most_queries) most_queries = queries;
    if (keys > most_keys) most_keys = keys;
  }
  w->first_probability = first;
  w->buffer = worker_buffer(nn->kernels, (size_t)a->head_dim, most_queries, most_keys);
  w->buffers = IG_TAKE(nn->scratch, float, w->buffer *threads);
  w->pairs = sequences * (size_t)a->heads;
  w->group = w->pairs / (threads * TASKS_PER_THREAD) + 1;
  ig_pool_run(nn->pool, (w->pairs + w->group - 1) / w->group, task, w);
  ig_arena_release(nn->scratch, mark);
}

size_t ig_attention_probabilities(int heads, const ig_ragged *queries, const ig_ragged *keys) {
  size_t count = 0;
  for (int s = 0; s < queries->sequences; s++)
    count += (size_t)(queries->offsets[s + 1] - queries->offsets[s]) * (size_t)(keys->offsets[s + 1] - keys->offsets[s]);
  return count * (size_t)heads;
}

void ig_attention_forward(ig_nn *nn, const ig_attention_args *args, float *probabilities, float *output) {
  run(&(attention_work){.nn = nn, .args = args, .probabilities = probabilities, .output = output}, forward_task);
}

void ig_attention_backward(ig_nn *nn, const ig_attention_args *args, const float *probabilities, const float *doutput,
                           const ig_attention_gradients *gradients) {
  // The pairs of the backward only read their probabilities; the field is shared with the forward, which writes them.
  run(&(attention_work){.nn = nn, .args = args, .probabilities = (float *)(uintptr_t)probabilities, .doutput = doutput, .gradients = gradients},
      backward_task);
}

size_t ig_attention_scratch(const ig_nn *nn, const ig_attention_bounds *b) {
  const size_t threads = (size_t)ig_pool_threads(nn->pool);
  ig_arena plan = ig_arena_measure();
  ig_arena_take(&plan, (size_t)b->sequences, sizeof(size_t));
  ig_arena_take(&plan, worker_buffer(nn->kernels, (size_t)b->head_dim, (size_t)b->max_queries, (size_t)b->max_keys) * threads, sizeof(float));
  return plan.peak;
}
