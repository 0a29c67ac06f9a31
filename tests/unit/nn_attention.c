// Attention against a naive loop in double: every mask, ragged batches, keys in a row and
// scattered; the same bits for any threads and any company in the batch; decoding with a cache
// against the whole sequence at once.
#include <stdio.h>
#include "nn_fixture.h"
#include "base/bf16.h"
#include "nn/dropout.h"
#include "nn/self_attention.h"

enum {
  SEQUENCES = 8,
  HEADS = 3,
  HEAD_DIM = 20,
  WIDTH = HEADS * HEAD_DIM,
  STRIDE = WIDTH + 4,
  MOST = 40,
  MOST_KEYS = 45,
  MAX_THREADS = 3
};
static const int query_offsets[SEQUENCES + 1] = {0, 1, 3, 6, 10, 15, 32, 72, 112},
                                           key_lengths[SEQUENCES] = {1, 5, 3, 4, 45, 17, 2, 43};

typedef struct problem {
  fixture f;
  ig_attention_args args;
  int begin[SEQUENCES];
  int key_rows, rows;
  float *key, *value;  // (key_rows, STRIDE)
  float *output;       // (rows, WIDTH)
  double *expected;    // (rows, WIDTH)
  ig_attention_mask all;
} problem;

static void make_masks(problem *p) {
  float *mask = fixture_normal(&p->f, (size_t)SEQUENCES * HEADS * MOST * MOST_KEYS, 2, 4);
  float *padding = fixture_zeros(&p->f, (size_t)SEQUENCES * MOST_KEYS);
  for (size_t i = 0; i < (size_t)SEQUENCES * HEADS * MOST * MOST_KEYS; i += 5) mask[i] = -INFINITY;
  for (size_t t = 0; t < MOST_KEYS; t++)
    padding[2 * MOST_KEYS + t] = -INFINITY;  // sequence 2 sees nothing at all
  for (size_t t = 30; t < MOST_KEYS; t++) padding[4 * MOST_KEYS + t] = -INFINITY;
  padding[5 * MOST_KEYS] = 1.5f;
  p->all = (ig_attention_mask){.mask = mask,
                               .mask_sequence = (size_t)HEADS * MOST * MOST_KEYS,
                               .mask_head = (size_t)MOST * MOST_KEYS,
                               .mask_row = MOST_KEYS,
                               .key_padding = padding,
                               .padding_sequence = MOST_KEYS,
                               .causal = true};
}

static void open_problem(problem *p, const ig_kernels *kernels, int threads) {
  *p = (problem){0};
  fixture_open(&p->f, kernels, threads);
  for (int s = 0; s < SEQUENCES; s++) {
    p->begin[s] = p->key_rows;
    p->key_rows += key_lengths[s];
  }
  p->rows = query_offsets[SEQUENCES];
  p->key = fixture_normal(&p->f, (size_t)p->key_rows * STRIDE, 1, 1);
  p->value = fixture_normal(&p->f, (size_t)p->key_rows * STRIDE, 1, 2);
  p->output = fixture_zeros(&p->f, (size_t)p->rows * WIDTH);
  p->expected = IG_TAKE(&p->f.memory, double, p->rows *WIDTH);
  p->args = (ig_attention_args){.heads = HEADS,
                                .head_dim = HEAD_DIM,
                                .scale = 0.3f,
                                .queries = {SEQUENCES, query_offsets},
                                .query = fixture_normal(&p->f, (size_t)p->rows * STRIDE, 1, 3),
                                .query_stride = STRIDE,
                                .dropout = {0.25f, 8}};
  p->args.keys = (ig_keys){.key = {.fp32 = p->key},
                           .value = {.fp32 = p->value},
                           .stride = STRIDE,
                           .begin = p->begin,
                           .length = key_lengths};
  make_masks(p);
  fixture_scratch(&p->f, ig_attention_scratch(&p->f.nn, HEAD_DIM, MOST_KEYS));
}

static double naive_score(const ig_attention_args *a, int s, int h, int i, int t) {
  const int queries = a->queries.offsets[s + 1] - a->queries.offsets[s], keys = a->keys.length[s];
  const float *q =
      a->query + (size_t)(a->queries.offsets[s] + i) * a->query_stride + h * a->head_dim;
  const float *k =
      a->keys.key.fp32 + (size_t)(a->keys.begin[s] + t) * a->keys.stride + h * a->head_dim;
  double score = 0;
  for (int c = 0; c < a->head_dim; c++) score += (double)q[c] * (double)k[c];
  score *= (double)a->scale;
  const ig_attention_mask *m = &a->mask;
  if (m->mask)
    score += (double)m->mask[(size_t)s * m->mask_sequence + (size_t)h * m->mask_head +
                             (size_t)i * m->mask_row + (size_t)t];
  if (m->key_padding) score += (double)m->key_padding[(size_t)s * m->padding_sequence + (size_t)t];
  return m->causal && t > i + keys - queries ? -INFINITY : score;
}

// keep (keys): the dropout factors of this row.
static void naive_row(const problem *p, int s, int h, int i, const float *keep) {
  const ig_attention_args *a = &p->args;
  const int keys = a->keys.length[s];
  double weight[MOST_KEYS],
      sum = 0, largest = -INFINITY,
      *to = p->expected + (size_t)(a->queries.offsets[s] + i) * WIDTH + h * HEAD_DIM;
  for (int t = 0; t < keys; t++) {
    weight[t] = naive_score(a, s, h, i, t);
    largest = fmax(largest, weight[t]);
  }
  for (int t = 0; t < keys; t++) sum += weight[t] = isinf(largest) ? 0 : exp(weight[t] - largest);
  memset(to, 0, HEAD_DIM * sizeof *to);
  for (int t = 0; t < keys && sum > 0; t++)
    for (int c = 0; c < HEAD_DIM; c++)
      to[c] +=
          weight[t] / sum * (double)keep[t] *
          (double)a->keys.value
              .fp32[(size_t)(a->keys.begin[s] + t) * a->keys.stride + (size_t)(h * HEAD_DIM + c)];
}

static void naive(const problem *p) {
  for (int s = 0; s < SEQUENCES; s++)
    for (int h = 0; h < HEADS; h++)
      for (int i = 0; i < query_offsets[s + 1] - query_offsets[s]; i++) {
        float keep[MOST_KEYS];
        for (int t = 0; t < MOST_KEYS; t++) keep[t] = 1;
        if (ig_dropout_active(&p->f.nn, &p->args.dropout)) {
          ig_dropout_row key =
              ig_dropout_key(&p->f.nn, &p->args.dropout, (uint32_t)(query_offsets[s] + i));
          key.counter[0] = (uint32_t)h * 65536;
          p->f.nn.kernels->dropout(&key, MOST_KEYS, keep, keep);
        }
        naive_row(p, s, h, i, keep);
      }
}

// Bit 0 mask by (sequence, head), 1 one mask for all, 2 key padding, 3 causal, 4 dropout.
static void set_case(problem *p, int bits) {
  p->args.mask = (ig_attention_mask){0};
  if (bits & 3) p->args.mask = p->all;
  if (bits & 2) p->args.mask.mask_sequence = p->args.mask.mask_head = 0;
  p->args.mask.key_padding = bits & 4 ? p->all.key_padding : NULL;
  p->args.mask.padding_sequence = MOST_KEYS;
  p->args.mask.causal = bits & 8;
  p->f.nn.training = bits & 16;
}

static void masks_on(const ig_kernels *kernels) {
  problem p;
  open_problem(&p, kernels, 2);
  for (int bits = 0; bits < 32; bits++) {
    set_case(&p, bits);
    naive(&p);
    ig_attention_forward(&p.f.nn, &p.args, p.output);
    char what[64];
    snprintf(what, sizeof what, "%s, case %d", kernels->name, bits);
    expect_near(what, p.output, p.expected, (size_t)p.rows * WIDTH, 1e-5);
    for (int i = query_offsets[2] * WIDTH; (bits & 4) && i < query_offsets[3] * WIDTH; i++)
      assert_true(p.output[i] == 0);
  }
  fixture_close(&p.f);
}

// A wrong key, a wrong mask and a wrong scale must each be seen.
static void wrong_results_are_seen(const ig_kernels *kernels) {
  problem p;
  open_problem(&p, kernels, 1);
  set_case(&p, 1 + 8);
  naive(&p);
  for (int fault = 0; fault < 3; fault++) {
    ig_attention_args args = p.args;
    if (fault == 0) args.keys.key.fp32 += STRIDE;
    if (fault == 1) args.mask.causal = false;
    if (fault == 2) args.scale *= 1.001f;
    ig_attention_forward(&p.f.nn, &args, p.output);
    double worst = 0;
    for (int i = 0; i < p.rows * WIDTH; i++)
      worst = fmax(worst, fabs((double)p.output[i] - p.expected[i]));
    assert_true(worst > 1e-4);
  }
  fixture_close(&p.f);
}

typedef struct gradients {
  float *query, *key, *value;
} gradients;

static gradients make_gradients(problem *p) {
  return (gradients){fixture_zeros(&p->f, (size_t)p->rows * STRIDE),
                     fixture_zeros(&p->f, (size_t)p->key_rows * STRIDE),
                     fixture_zeros(&p->f, (size_t)p->key_rows * STRIDE)};
}

static void backward(problem *p, const ig_attention_args *args, const float *doutput,
                     const gradients *g) {
  ig_attention_backward(
      &p->f.nn, args, doutput,
      &(ig_attention_gradients){g->query, STRIDE, g->key, g->value, STRIDE, NULL});
}

static void threads_on(const ig_kernels *kernels) {
  problem p[MAX_THREADS];
  gradients g[MAX_THREADS];
  for (int t = 0; t < MAX_THREADS; t++) {
    open_problem(&p[t], kernels, t + 1);
    set_case(&p[t], 1 + 4 + 8 + 16);
    g[t] = make_gradients(&p[t]);
    ig_attention_forward(&p[t].f.nn, &p[t].args, p[t].output);
    backward(&p[t], &p[t].args, p[t].output, &g[t]);
    assert_memory_equal(p[t].output, p[0].output, (size_t)p[0].rows * WIDTH * sizeof(float));
    assert_memory_equal(g[t].query, g[0].query, (size_t)p[0].rows * STRIDE * sizeof(float));
    assert_memory_equal(g[t].key, g[0].key, (size_t)p[0].key_rows * STRIDE * sizeof(float));
    assert_memory_equal(g[t].value, g[0].value, (size_t)p[0].key_rows * STRIDE * sizeof(float));
  }
  for (int t = 0; t < MAX_THREADS; t++) fixture_close(&p[t].f);
}

// Each sequence alone, its rows counted from where they stood in the batch (first_row), dropout
// included.
static void company_on(const ig_kernels *kernels) {
  problem p;
  open_problem(&p, kernels, 2);
  set_case(&p, 4 + 8 + 16);
  gradients together = make_gradients(&p), alone = make_gradients(&p);
  float *output = fixture_zeros(&p.f, (size_t)MOST * WIDTH);
  ig_attention_forward(&p.f.nn, &p.args, p.output);
  backward(&p, &p.args, p.output, &together);
  for (int s = 0; s < SEQUENCES; s++) {
    const int first = query_offsets[s], count = query_offsets[s + 1] - first,
              offsets[] = {0, count};
    ig_attention_args one = p.args;
    one.queries = (ig_ragged){1, offsets};
    one.query += (size_t)first * STRIDE;
    one.keys.begin += s;
    one.keys.length += s;
    one.mask.key_padding += (size_t)s * MOST_KEYS;
    p.f.nn.first_row = (uint32_t)first;
    ig_attention_forward(&p.f.nn, &one, output);
    assert_memory_equal(output, p.output + (size_t)first * WIDTH,
                        (size_t)(count * WIDTH) * sizeof(float));
    const gradients own = {alone.query + (size_t)first * STRIDE, alone.key, alone.value};
    backward(&p, &one, output, &own);
  }
  assert_memory_equal(alone.query, together.query, (size_t)p.rows * STRIDE * sizeof(float));
  assert_memory_equal(alone.key, together.key, (size_t)p.key_rows * STRIDE * sizeof(float));
  assert_memory_equal(alone.value, together.value, (size_t)p.key_rows * STRIDE * sizeof(float));
  fixture_close(&p.f);
}

// Gradients of sum(dO * O) in double, dropout's factors included, for every block of queries and
// every key that some block does not see.
static void naive_backward(const problem *p, const float *doutput, double *dquery, double *dkey,
                           double *dvalue) {
  const ig_attention_args *a = &p->args;
  for (int s = 0; s < SEQUENCES; s++)
    for (int h = 0; h < HEADS; h++)
      for (int i = 0; i < query_offsets[s + 1] - query_offsets[s]; i++) {
        const int keys = key_lengths[s];
        const size_t row = (size_t)(query_offsets[s] + i), column = (size_t)(h * HEAD_DIM);
        double weight[MOST_KEYS], dweight[MOST_KEYS], sum = 0, dot = 0;
        float keep[MOST_KEYS];
        for (int t = 0; t < MOST_KEYS; t++) keep[t] = 1;
        ig_dropout_row drop = ig_dropout_key(&p->f.nn, &a->dropout, (uint32_t)row);
        drop.counter[0] = (uint32_t)h * 65536;
        p->f.nn.kernels->dropout(&drop, MOST_KEYS, keep, keep);
        for (int t = 0; t < keys; t++) {
          weight[t] = exp(naive_score(a, s, h, i, t));
          sum += weight[t];
        }
        for (int t = 0; t < keys; t++) {
          const size_t key = (size_t)(a->keys.begin[s] + t) * STRIDE + column;
          weight[t] = sum > 0 ? weight[t] / sum : 0;
          dweight[t] = 0;
          for (int c = 0; c < HEAD_DIM; c++) {
            const double out = (double)doutput[row * WIDTH + column + (size_t)c];
            dvalue[key + (size_t)c] += weight[t] * (double)keep[t] * out;
            dweight[t] += out * (double)a->keys.value.fp32[key + (size_t)c] * (double)keep[t];
          }
          dot += weight[t] * dweight[t];
        }
        for (int t = 0; t < keys; t++) {
          const size_t key = (size_t)(a->keys.begin[s] + t) * STRIDE + column,
                       query = row * STRIDE + column;
          const double dscore = weight[t] * (dweight[t] - dot) * (double)a->scale;
          for (int c = 0; c < HEAD_DIM; c++) {
            dquery[query + (size_t)c] += dscore * (double)a->keys.key.fp32[key + (size_t)c];
            dkey[key + (size_t)c] += dscore * (double)a->query[query + (size_t)c];
          }
        }
      }
}

static void gradients_on(const ig_kernels *kernels) {
  problem p;
  open_problem(&p, kernels, 2);
  const float *doutput = fixture_normal(&p.f, (size_t)p.rows * WIDTH, 1, 9);
  const size_t rows = (size_t)p.rows * STRIDE, keys = (size_t)p.key_rows * STRIDE;
  double *expected = IG_TAKE(&p.f.memory, double, rows + 2 * keys);
  for (int bits = 0; bits < 32; bits++) {
    set_case(&p, bits);
    if (!(bits & 16)) p.args.dropout.probability = 0;
    memset(expected, 0, (rows + 2 * keys) * sizeof *expected);
    naive_backward(&p, doutput, expected, expected + rows, expected + rows + keys);
    const gradients g = make_gradients(&p);
    backward(&p, &p.args, doutput, &g);
    char what[64];
    snprintf(what, sizeof what, "%s, case %d", kernels->name, bits);
    expect_near(what, g.query, expected, rows, 2e-5);
    expect_near(what, g.key, expected + rows, keys, 2e-5);
    expect_near(what, g.value, expected + rows + keys, keys, 2e-5);
    p.args.dropout.probability = 0.25f;
  }
  fixture_close(&p.f);
}

static ig_kv_rows in_bf16(fixture *f, size_t count, const float *values) {
  ig_kv_rows rows = {.bf16 = (uint16_t *)(void *)fixture_zeros(f, count / 2 + 1)};
  ig_kv_rows_store(rows, count, values);
  return rows;
}

// Keys and values in bfloat16 give what the same values in float32 do.
static void check_bf16_keys(problem *p) {
  const size_t count = (size_t)p->key_rows * STRIDE, rows = (size_t)p->rows * WIDTH;
  ig_keys *keys = &p->args.keys;
  const ig_kv_rows key = in_bf16(&p->f, count, keys->key.fp32),
                   value = in_bf16(&p->f, count, keys->value.fp32);
  ig_bf16_to_floats(count, key.bf16, keys->key.fp32);
  ig_bf16_to_floats(count, value.bf16, keys->value.fp32);
  ig_attention_forward(&p->f.nn, &p->args, p->output);
  float *wanted = fixture_zeros(&p->f, rows);
  memcpy(wanted, p->output, rows * sizeof *wanted);
  keys->key = key;
  keys->value = value;
  ig_attention_forward(&p->f.nn, &p->args, p->output);
  expect_near_floats("bfloat16 keys", p->output, wanted, rows, 1e-6);
}

// The same keys in reverse order in memory, found through an index.
static void scattered_keys_on(const ig_kernels *kernels) {
  problem p;
  open_problem(&p, kernels, 2);
  set_case(&p, 1 + 4 + 8);
  naive(&p);
  float *key = fixture_zeros(&p.f, (size_t)p.key_rows * STRIDE),
        *value = fixture_zeros(&p.f, (size_t)p.key_rows * STRIDE);
  int index[SEQUENCES * MOST_KEYS] = {0};
  for (int s = 0; s < SEQUENCES; s++)
    for (int t = 0; t < key_lengths[s]; t++) {
      const int from = p.begin[s] + t, to = p.key_rows - 1 - from;
      memcpy(key + (size_t)to * STRIDE, p.key + (size_t)from * STRIDE, STRIDE * sizeof(float));
      memcpy(value + (size_t)to * STRIDE, p.value + (size_t)from * STRIDE, STRIDE * sizeof(float));
      index[s * MOST_KEYS + t] = to;
    }
  p.args.keys = (ig_keys){.key = {.fp32 = key},
                          .value = {.fp32 = value},
                          .stride = STRIDE,
                          .length = key_lengths,
                          .index = index,
                          .index_stride = MOST_KEYS};
  ig_attention_forward(&p.f.nn, &p.args, p.output);
  expect_near(kernels->name, p.output, p.expected, (size_t)p.rows * WIDTH, 1e-5);
  check_bf16_keys(&p);
  fixture_close(&p.f);
}

// ---- decoding step by step --------------------------------------------------

enum { D_MODEL = 48, STEPS = 9, BEAMS = 2 };

static ig_linear make_linear(fixture *f, int in, int out, uint64_t seed) {
  return (ig_linear){.in = in,
                     .out = out,
                     .weight = fixture_normal(f, (size_t)in * (size_t)out, 0.15f, seed),
                     .bias = fixture_normal(f, (size_t)out, 0.1f, seed + 1)};
}

// Two beams share their first STEPS/2 positions, then part; each must end as its whole sequence
// does in one causal pass.
static void cache_on(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 2);
  ig_relative_buckets buckets;
  assert_int_equal(ig_relative_buckets_create(8, 7, false, &buckets, NULL), IG_OK);
  ig_multi_head_attention attention = {
      .heads = 4,
      .head_dim = D_MODEL / 4,
      .scale = 0.3f,
      .bias = {.buckets = &buckets, .heads = 4, .weight = fixture_normal(&f, 8 * 4, 1, 26)},
      .query = make_linear(&f, D_MODEL, 3 * D_MODEL, 20),
      .output = make_linear(&f, D_MODEL, D_MODEL, 22)};
  fixture_scratch(
      &f, ig_self_attention_scratch(
              &f.nn, &attention, &(ig_attention_sizes){.rows = BEAMS * STEPS, .max_keys = STEPS}));
  float *input = fixture_normal(&f, BEAMS * STEPS * D_MODEL, 1, 24),
        *whole = fixture_zeros(&f, BEAMS * STEPS * D_MODEL);
  memcpy(input + STEPS * D_MODEL, input, STEPS / 2 * D_MODEL * sizeof(float));
  const ig_attention_mask causal = {.causal = true};
  const ig_self_attention_args all = {.rows = {BEAMS, (const int[]){0, STEPS, 2 * STEPS}},
                                      .mask = &causal};
  ig_multi_head_attention_state state;
  ig_self_attention_carve(&state, &f.memory, &attention, BEAMS * STEPS);
  ig_self_attention_forward(&f.nn, &attention, &state, &all, input, whole);

  int store[BEAMS], length[BEAMS], index[BEAMS * STEPS] = {0};
  const ig_kv_cache cache = {
      .rows = {.fp32 = fixture_zeros(&f, (size_t)BEAMS * STEPS * 2 * D_MODEL)},
      .store = store,
      .length = length,
      .index = index,
      .index_stride = STEPS};
  for (int step = 0; step < STEPS; step++) {
    const int beams = step < STEPS / 2 ? 1 : BEAMS;
    float rows[BEAMS * D_MODEL], output[BEAMS * D_MODEL];
    for (int b = 0; b < beams; b++) {
      memcpy(rows + b * D_MODEL, input + (b * STEPS + step) * D_MODEL, D_MODEL * sizeof(float));
      store[b] = b * STEPS + step;
      length[b] = step + 1;
      index[b * STEPS + step] = store[b];
      if (beams == 1) index[STEPS + step] = store[0];  // the shared past
    }
    const ig_self_attention_args now = {.rows = {beams, (const int[]){0, 1, 2}}, .cache = &cache};
    ig_self_attention_forward(&f.nn, &attention, &state, &now, rows, output);
    for (int b = 0; b < beams; b++)
      expect_near_floats(kernels->name, output + b * D_MODEL, whole + (b * STEPS + step) * D_MODEL,
                         D_MODEL, 1e-6);
  }
  ig_relative_buckets_free(&buckets);
  fixture_close(&f);
}

FIXTURE_TEST(masks_on)
FIXTURE_TEST(wrong_results_are_seen)
FIXTURE_TEST(threads_on)
FIXTURE_TEST(company_on)
FIXTURE_TEST(gradients_on)
FIXTURE_TEST(scattered_keys_on)
FIXTURE_TEST(cache_on)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_masks_on),   cmocka_unit_test(test_wrong_results_are_seen),
      cmocka_unit_test(test_threads_on), cmocka_unit_test(test_gradients_on),
      cmocka_unit_test(test_company_on), cmocka_unit_test(test_scattered_keys_on),
      cmocka_unit_test(test_cache_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
