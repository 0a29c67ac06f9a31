// Every backward of nn/ against finite differences of its forward, on every kernel table this CPU
// runs. The scalar is f = sum(output * coefficients), summed in double; the difference is the
// five-point stencil (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h with h = 1/32, whose truncation is
// h^4/30 of the fifth derivative. What is left is the rounding of the float forward, about 1e-6 /
// h: the tolerance is 1e-3 of the tensor's largest gradient.
#include "nn_fixture.h"
#include "nn/activation.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/cross_attention.h"
#include "nn/feed_forward.h"
#include "nn/loss.h"
#include "nn/self_attention.h"
#include "nn/norm.h"
#include "nn/residual.h"
#include "nn/ssru.h"

#define STEP (1.0f / 32)
#define TOLERANCE 1e-3

enum { MOST_TENSORS = 12, SCRATCH_BYTES = 8 << 20 };

typedef struct tensor {
  const char *name;
  float *value, *gradient;
  size_t count;
} tensor;

typedef struct subject {
  fixture f;
  tensor tensors[MOST_TENSORS];
  int tensor_count;
  float *output, *coefficients;  // (outputs)
  size_t outputs;
  double (*forward)(struct subject *s);
  // of the subjects, as each needs
  int rows, columns;
  ig_linear linear;
  ig_norm norm;
  ig_norm_state norm_state;
  ig_activation activation;
  ig_dropout dropout;
  ig_feed_forward ffn;
  ig_feed_forward_state ffn_state;
  ig_embedding embedding;
  const int *ids, *position;
  ig_loss_args loss;
  ig_soft_targets soft;
  ig_soft_source sources[2];
  ig_multi_head_attention attention;
  ig_multi_head_attention_state attention_state;
  ig_ssru ssru;
  ig_ssru_state ssru_state;
  ig_ragged queries;
  ig_keys memory_keys;
  ig_attention_mask mask;
  float *key_value;
} subject;

static double weighted_sum(const subject *s) {
  double sum = 0;
  for (size_t i = 0; i < s->outputs; i++) sum += (double)s->output[i] * (double)s->coefficients[i];
  return sum;
}

static float *add_tensor(subject *s, const char *name, size_t count, float deviation) {
  tensor *t = &s->tensors[s->tensor_count++];
  *t = (tensor){name, fixture_normal(&s->f, count, deviation, (uint64_t)s->tensor_count),
                fixture_zeros(&s->f, count), count};
  return t->value;
}

static float *gradient_of(subject *s, int index) { return s->tensors[index].gradient; }

static void set_outputs(subject *s, size_t count) {
  s->outputs = count;
  s->output = fixture_zeros(&s->f, count);
  s->coefficients = fixture_normal(&s->f, count, 1, 99);
}

static double moved(subject *s, float *value, float by) {
  const float kept = *value;
  *value = kept + by;
  const double result = s->forward(s);
  *value = kept;
  return result;
}

// Entries whose gradient is not what the forward says; the first is printed where wanted.
static size_t mismatches(subject *s, bool print) {
  size_t wrong = 0;
  for (int k = 0; k < s->tensor_count; k++) {
    const tensor *t = &s->tensors[k];
    double largest = 1e-3;
    for (size_t i = 0; i < t->count; i++) largest = fmax(largest, fabs((double)t->gradient[i]));
    for (size_t i = 0; i < t->count; i++) {
      const double near = moved(s, &t->value[i], STEP) - moved(s, &t->value[i], -STEP);
      const double far = moved(s, &t->value[i], 2 * STEP) - moved(s, &t->value[i], -2 * STEP);
      const double expected = (8 * near - far) / (12 * (double)STEP);
      if (fabs(expected - (double)t->gradient[i]) <= TOLERANCE * largest) continue;
      if (print && wrong == 0)
        print_message("%s, %s[%zu]: gradient %.7g, finite difference %.7g\n", s->f.nn.kernels->name,
                      t->name, i, (double)t->gradient[i], expected);
      wrong++;
    }
  }
  return wrong;
}

static void open_subject(subject *s, const ig_kernels *kernels) {
  *s = (subject){0};
  fixture_open(&s->f, kernels, 2);
  fixture_scratch(&s->f, SCRATCH_BYTES);
  s->f.nn.training = true;
}

typedef void (*test_of_kernels)(subject *s);
static void on_every_table(test_of_kernels test) {
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) {
      print_message("%s: not run, this CPU lacks it\n", (*kernels)->name);
      continue;
    }
    subject s;
    open_subject(&s, *kernels);
    test(&s);
    fixture_close(&s.f);
  }
}

// ---- linear, norm, activation -----------------------------------------------

static double linear_forward(subject *s) {
  ig_linear_forward(&s->f.nn, &s->linear, s->rows, s->tensors[0].value, IG_ACTIVATION_NONE,
                    s->output);
  return weighted_sum(s);
}

static ig_linear add_linear(subject *s, const char *weight, const char *bias, int in, int out) {
  ig_linear l = {.in = in, .out = out};
  l.weight = add_tensor(s, weight, (size_t)in * (size_t)out, 1 / sqrtf((float)in));
  l.weight_gradient = gradient_of(s, s->tensor_count - 1);
  l.bias = add_tensor(s, bias, (size_t)out, 0.1f);
  l.bias_gradient = gradient_of(s, s->tensor_count - 1);
  return l;
}

static void make_linear(subject *s) {
  s->rows = 7;
  add_tensor(s, "input", 7 * 19, 1);
  s->linear = add_linear(s, "weight", "bias", 19, 21);
  set_outputs(s, 7 * 21);
  s->forward = linear_forward;
  ig_linear_backward(&s->f.nn, &s->linear, s->rows, s->tensors[0].value,
                     &(ig_layer_gradient){s->coefficients, s->tensors[0].gradient, false});
}

static void linear_on(subject *s) {
  make_linear(s);
  assert_int_equal(mismatches(s, true), 0);
  float *once = fixture_zeros(&s->f, 7 * 19), *sum = fixture_zeros(&s->f, 7 * 19);
  memcpy(once, s->tensors[0].gradient, 7 * 19 * sizeof(float));
  ig_linear_backward(&s->f.nn, &s->linear, s->rows, s->tensors[0].value,
                     &(ig_layer_gradient){s->coefficients, s->tensors[0].gradient, true});
  s->f.nn.kernels->add(7 * 19, once, once, sum);
  expect_near_floats("accumulated", s->tensors[0].gradient, sum, 7 * 19, 1e-5);
}

static double norm_forward(subject *s) {
  ig_norm_forward(&s->f.nn, &s->norm, &s->norm_state, s->rows, s->tensors[0].value, s->output);
  return weighted_sum(s);
}

static void norm_of_kind_on(subject *s, bool rms) {
  s->rows = 5;
  add_tensor(s, "input", 5 * 70, 1);
  s->norm =
      (ig_norm){.size = 70, .eps = 1e-5f, .rms = rms, .weight = add_tensor(s, "weight", 70, 1)};
  s->norm.weight_gradient = gradient_of(s, 1);
  if (!rms) {
    s->norm.bias = add_tensor(s, "bias", 70, 1);
    s->norm.bias_gradient = gradient_of(s, 2);
  }
  ig_norm_carve(&s->norm_state, &s->f.memory, s->rows);
  set_outputs(s, 5 * 70);
  s->forward = norm_forward;
  norm_forward(s);
  ig_norm_backward(
      &s->f.nn, &s->norm, &s->norm_state, s->rows, s->tensors[0].value,
      &(ig_layer_gradient){.doutput = s->coefficients, .dinput = s->tensors[0].gradient});
  assert_int_equal(mismatches(s, true), 0);
}

static void norm_on(subject *s) { norm_of_kind_on(s, false); }

static void rms_norm_on(subject *s) { norm_of_kind_on(s, true); }

static double activation_forward(subject *s) {
  ig_activation_forward(&s->f.nn, s->activation, s->rows, s->columns, s->tensors[0].value,
                        s->output);
  return weighted_sum(s);
}

static void activation_on(subject *s) {
  s->rows = 3;
  s->columns = 45;
  float *x = add_tensor(s, "input", 3 * 45, 1);
  for (int i = 0; i < 3 * 45; i++)
    x[i] += x[i] < 0 ? -3 * STEP : 3 * STEP;  // no step crosses the kink of relu
  set_outputs(s, 3 * 45);
  s->forward = activation_forward;
  for (int kind = IG_ACTIVATION_NONE; kind <= IG_ACTIVATION_TANH; kind++) {
    s->activation = (ig_activation)kind;
    ig_activation_backward(
        &s->f.nn, s->activation, s->rows, s->columns, x,
        &(ig_layer_gradient){.doutput = s->coefficients, .dinput = s->tensors[0].gradient});
    assert_int_equal(mismatches(s, true), 0);
  }
}

// ---- dropout and feed-forward -----------------------------------------------

static double residual_forward(subject *s) {
  ig_residual_forward(&s->f.nn,
                      &(ig_residual_args){&s->dropout, s->rows, s->columns, s->tensors[1].value,
                                          s->tensors[0].value, s->output});
  return weighted_sum(s);
}

static void dropout_on(subject *s) {
  s->rows = 3;
  s->columns = 150;
  s->dropout = (ig_dropout){0.3f, 5};
  add_tensor(s, "input", 3 * 150, 1);
  add_tensor(s, "residual", 3 * 150, 1);
  set_outputs(s, 3 * 150);
  s->forward = residual_forward;
  ig_dropout_forward(&s->f.nn, &s->dropout, s->rows, s->columns, s->coefficients,
                     s->tensors[0].gradient);
  memcpy(s->tensors[1].gradient, s->coefficients, s->outputs * sizeof(float));
  assert_int_equal(mismatches(s, true), 0);
}

static double ffn_forward(subject *s) {
  ig_feed_forward_forward(&s->f.nn, &s->ffn, &s->ffn_state, s->rows, s->tensors[0].value,
                          s->output);
  return weighted_sum(s);
}

static void feed_forward_of_kind_on(subject *s, bool gated) {
  s->rows = 4;
  add_tensor(s, "input", 4 * 9, 1);
  s->ffn.gated = gated;
  s->ffn.inner = add_linear(s, "inner.weight", "inner.bias", 9, gated ? 2 * 23 : 23);
  s->ffn.outer = add_linear(s, "outer.weight", "outer.bias", 23, 9);
  s->ffn.activation = IG_ACTIVATION_GELU;
  s->ffn.dropout = (ig_dropout){0.25f, 9};
  ig_feed_forward_carve(&s->ffn_state, &s->f.memory, &s->ffn, s->rows, true);
  set_outputs(s, 4 * 9);
  s->forward = ffn_forward;
  ffn_forward(s);
  ig_feed_forward_backward(&s->f.nn, &s->ffn, &s->ffn_state, s->rows, s->tensors[0].value,
                           &(ig_layer_gradient){s->coefficients, s->tensors[0].gradient, false});
  assert_int_equal(mismatches(s, true), 0);
}

static void feed_forward_on(subject *s) { feed_forward_of_kind_on(s, false); }

static void gated_feed_forward_on(subject *s) { feed_forward_of_kind_on(s, true); }

// ---- embedding and loss -----------------------------------------------------

static double embedding_forward(subject *s) {
  ig_embedding_forward(&s->f.nn, &s->embedding,
                       &(ig_embedding_args){.rows = s->rows,
                                            .ids = s->ids,
                                            .position = s->position,
                                            .positions = s->tensors[1].value},
                       s->output);
  return weighted_sum(s);
}

static void embedding_on(subject *s) {
  static const int ids[] = {4, 0, 4, 2, 4, 0}, position[] = {0, 1, 2, 0, 1, 2};
  s->rows = 6;
  s->ids = ids;
  s->position = position;
  s->embedding = (ig_embedding){.vocabulary = 6,
                                .size = 75,
                                .weight = add_tensor(s, "weight", 6 * 75, 1),
                                .scale = sqrtf(75),
                                .frozen_id = -1};
  s->embedding.weight_gradient = gradient_of(s, 0);
  add_tensor(s, "positions", 3 * 75, 1);
  s->tensor_count = 1;  // positions are not trained
  set_outputs(s, 6 * 75);
  s->forward = embedding_forward;
  ig_embedding_backward(&s->f.nn, &s->embedding, s->rows, ids, s->coefficients);
  assert_int_equal(mismatches(s, true), 0);
}

static double loss_forward(subject *s) {
  return (double)s->loss.gradient_scale *
         ig_loss_run(&s->f.nn, &s->loss, s->rows, s->tensors[0].value, NULL).loss;
}

// Two teachers, the four most likely tokens, a temperature, and references beside them. The
// teachers' tensors are none of the subject: they have no gradient.
static void soft_loss_on(subject *s) {
  static const int targets[] = {3, -1, 0, 36, 3};
  s->rows = 5;
  add_tensor(s, "hidden", 5 * 11, 1);
  s->loss = (ig_loss_args){.output = add_linear(s, "weight", "bias", 11, 37),
                           .label_smoothing = 0.1f,
                           .gradient_scale = 0.25f,
                           .targets = targets,
                           .soft = &s->soft};
  for (int m = 0; m < 2; m++)
    s->sources[m] = (ig_soft_source){
        .output = {.in = 7,
                   .out = 37,
                   .weight = fixture_normal(&s->f, 37 * 7, 0.5f, 20 + (uint64_t)m)},
        .hidden = fixture_normal(&s->f, 5 * 7, 1, 30 + (uint64_t)m),
        .weight = m ? 0.25f : 0.75f};
  s->soft = (ig_soft_targets){
      .sources = s->sources, .count = 2, .share = 0.6f, .temperature = 1.5f, .top_k = 4};
  s->forward = loss_forward;
  ig_loss_run(&s->f.nn, &s->loss, s->rows, s->tensors[0].value, s->tensors[0].gradient);
  assert_int_equal(mismatches(s, true), 0);
  s->soft.temperature = 1.4f;  // negative control: the gradient of another loss
  assert_true(mismatches(s, false) > 20);
}

static void loss_on(subject *s) {
  static const int targets[] = {3, -1, 0, 36, 3};
  s->rows = 5;
  add_tensor(s, "hidden", 5 * 11, 1);
  s->loss = (ig_loss_args){.output = add_linear(s, "weight", "bias", 11, 37),
                           .label_smoothing = 0.1f,
                           .gradient_scale = 0.25f,
                           .targets = targets};
  s->forward = loss_forward;
  ig_loss_run(&s->f.nn, &s->loss, s->rows, s->tensors[0].value, s->tensors[0].gradient);
  assert_int_equal(mismatches(s, true), 0);
}

// ---- attention --------------------------------------------------------------

enum { SEQUENCES = 3, HEADS = 2, D_MODEL = 12, LONGEST = 7 };
static const int query_offsets[] = {0, 2, 3, 9}, key_offsets[] = {0, 7, 9, 12},
                 key_lengths[] = {7, 2, 3};

static void set_masks(subject *s) {
  float *mask = fixture_normal(&s->f, (size_t)SEQUENCES * HEADS * LONGEST * LONGEST, 1, 50);
  float *padding = fixture_zeros(&s->f, (size_t)SEQUENCES * LONGEST);
  padding[1] = -INFINITY;
  padding[2 * LONGEST] = -INFINITY;
  s->mask = (ig_attention_mask){.mask = mask,
                                .mask_sequence = (size_t)HEADS * LONGEST * LONGEST,
                                .mask_head = (size_t)LONGEST * LONGEST,
                                .mask_row = LONGEST,
                                .key_padding = padding,
                                .padding_sequence = LONGEST};
}

static void make_attention(subject *s) {
  s->rows = 9;
  s->queries = (ig_ragged){SEQUENCES, query_offsets};
  s->attention = (ig_multi_head_attention){
      .heads = HEADS, .head_dim = D_MODEL / HEADS, .scale = 0.5f, .dropout = {0.2f, 11}};
  set_masks(s);
  set_outputs(s, 9 * D_MODEL);
  add_tensor(s, "input", 9 * D_MODEL, 1);
}

static double self_attention_forward(subject *s) {
  const ig_self_attention_args args = {.rows = s->queries, .mask = &s->mask};
  ig_self_attention_forward(&s->f.nn, &s->attention, &s->attention_state, &args,
                            s->tensors[0].value, s->output);
  return weighted_sum(s);
}

static void expect_self_attention_gradients(subject *s) {
  ig_self_attention_carve(&s->attention_state, &s->f.memory, &s->attention, s->rows);
  s->forward = self_attention_forward;
  self_attention_forward(s);
  ig_self_attention_backward(&s->f.nn, &s->attention, &s->attention_state,
                             &(ig_self_attention_args){.rows = s->queries, .mask = &s->mask},
                             s->tensors[0].value,
                             &(ig_layer_gradient){s->coefficients, s->tensors[0].gradient, false});
  assert_int_equal(mismatches(s, true), 0);
}

static void self_attention_on(subject *s) {
  make_attention(s);
  s->mask.causal = true;
  s->attention.query = add_linear(s, "in_proj_weight", "in_proj_bias", D_MODEL, 3 * D_MODEL);
  s->attention.output = add_linear(s, "out_proj.weight", "out_proj.bias", D_MODEL, D_MODEL);
  expect_self_attention_gradients(s);
}

// Heads whose columns together are not d_model, and biases by distance: of a decoder, and of an
// encoder.
static void relative_attention_on(subject *s, bool causal) {
  enum { HEAD_DIM = 5, WIDTH = HEADS * HEAD_DIM, BUCKETS = 8 };
  ig_relative_buckets buckets;
  make_attention(s);
  assert_int_equal(ig_relative_buckets_create(BUCKETS, 6, !causal, &buckets, NULL), IG_OK);
  s->mask = (ig_attention_mask){.causal = causal};
  s->attention.head_dim = HEAD_DIM;
  s->attention.query = add_linear(s, "in_proj_weight", "in_proj_bias", D_MODEL, 3 * WIDTH);
  s->attention.output = add_linear(s, "out_proj.weight", "out_proj.bias", WIDTH, D_MODEL);
  s->attention.bias = (ig_relative_bias){
      .buckets = &buckets, .heads = HEADS, .weight = add_tensor(s, "bias", BUCKETS * HEADS, 1)};
  s->attention.bias.weight_gradient = gradient_of(s, s->tensor_count - 1);
  expect_self_attention_gradients(s);
  ig_relative_buckets_free(&buckets);
}

static void relative_decoder_on(subject *s) { relative_attention_on(s, true); }

static void relative_encoder_on(subject *s) { relative_attention_on(s, false); }

static double ssru_forward(subject *s) {
  ig_ssru_forward(&s->f.nn, &s->ssru, &s->ssru_state, &(ig_self_attention_args){.rows = s->queries},
                  s->tensors[0].value, s->output);
  return weighted_sum(s);
}

// Inputs are positive, and the rows of W positive or negative, so that no step of the differences
// crosses the corner of ReLU; where c is negative nothing passes.
static void ssru_on(subject *s) {
  s->rows = 9;
  s->queries = (ig_ragged){SEQUENCES, query_offsets};
  set_outputs(s, 9 * D_MODEL);
  float *input = add_tensor(s, "input", 9 * D_MODEL, 1);
  for (size_t i = 0; i < 9 * D_MODEL; i++) input[i] = fabsf(input[i]) + 0.5f;
  float *weight = add_tensor(s, "candidate.weight", (size_t)D_MODEL * D_MODEL, 0.3f);
  for (size_t i = 0; i < (size_t)D_MODEL * D_MODEL; i++)
    weight[i] = (i / D_MODEL % 2 ? -1.0f : 1.0f) * (fabsf(weight[i]) + 0.1f);
  s->ssru.candidate = (ig_linear){
      .in = D_MODEL, .out = D_MODEL, .weight = weight, .weight_gradient = gradient_of(s, 1)};
  s->ssru.forget = add_linear(s, "forget.weight", "forget.bias", D_MODEL, D_MODEL);
  ig_ssru_carve(&s->ssru_state, &s->f.memory, &s->ssru, s->rows);
  s->forward = ssru_forward;
  ssru_forward(s);
  assert_true(s->output[0] > 0);
  assert_true(s->output[1] <= 0);
  ig_ssru_backward(&s->f.nn, &s->ssru, &s->ssru_state, &s->queries, input,
                   &(ig_layer_gradient){s->coefficients, s->tensors[0].gradient, false});
  assert_int_equal(mismatches(s, true), 0);
}

static double cross_attention_forward(subject *s) {
  const ig_cross_attention_args args = {
      .rows = s->queries, .keys = s->memory_keys, .mask = &s->mask};
  ig_cross_attention_keys(&s->f.nn, &s->attention, 12, s->tensors[1].value,
                          (ig_kv_rows){.fp32 = s->key_value});
  ig_cross_attention_forward(&s->f.nn, &s->attention, &s->attention_state, &args,
                             s->tensors[0].value, s->output);
  return weighted_sum(s);
}

static void cross_attention_backward(subject *s) {
  const ig_cross_attention_args args = {
      .rows = s->queries, .keys = s->memory_keys, .mask = &s->mask};
  const ig_cross_attention_gradient gradient = {
      .rows = {.doutput = s->coefficients, .dinput = s->tensors[0].gradient},
      .memory_rows = 12,
      .memory = s->tensors[1].value,
      .dmemory = s->tensors[1].gradient};
  ig_cross_attention_backward(&s->f.nn, &s->attention, &s->attention_state, &args,
                              s->tensors[0].value, &gradient);
}

// Several layers share one memory.
static void expect_memory_gradient_is_added_to(subject *s) {
  tensor *memory = &s->tensors[1];
  float *once = fixture_zeros(&s->f, memory->count);
  cross_attention_forward(s);
  memcpy(once, memory->gradient, memory->count * sizeof *once);
  for (size_t i = 0; i < memory->count; i++) memory->gradient[i] = 1;
  cross_attention_backward(s);
  for (size_t i = 0; i < memory->count; i++) once[i] += 1;
  expect_near_floats("memory", memory->gradient, once, memory->count, 1e-5);
}

static void cross_attention_on(subject *s) {
  make_attention(s);
  add_tensor(s, "memory", 12 * D_MODEL, 1);
  s->attention.query = add_linear(s, "query.weight", "query.bias", D_MODEL, D_MODEL);
  s->attention.key_value =
      add_linear(s, "key_value.weight", "key_value.bias", D_MODEL, 2 * D_MODEL);
  s->attention.output = add_linear(s, "out_proj.weight", "out_proj.bias", D_MODEL, D_MODEL);
  s->key_value = fixture_zeros(&s->f, 12 * 2 * D_MODEL);
  s->memory_keys = (ig_keys){.key = {.fp32 = s->key_value},
                             .value = {.fp32 = s->key_value + D_MODEL},
                             .stride = 2 * D_MODEL,
                             .begin = key_offsets,
                             .length = key_lengths};
  ig_cross_attention_carve(&s->attention_state, &s->f.memory, &s->attention, s->rows);
  s->forward = cross_attention_forward;
  cross_attention_forward(s);
  cross_attention_backward(s);
  assert_int_equal(mismatches(s, true), 0);
  expect_memory_gradient_is_added_to(s);
}

// ---- the checker itself -----------------------------------------------------

static void planted_faults_on(subject *s) {
  make_linear(s);
  for (int k = 0; k < s->tensor_count; k++) {
    tensor *t = &s->tensors[k];
    size_t middle = 0;  // an entry of usual size: nearest to half the largest
    double largest = 0;
    for (size_t i = 0; i < t->count; i++) largest = fmax(largest, fabs((double)t->gradient[i]));
    for (size_t i = 0; i < t->count; i++)
      if (fabs(fabs((double)t->gradient[i]) - largest / 2) <
          fabs(fabs((double)t->gradient[middle]) - largest / 2))
        middle = i;
    const float right = t->gradient[middle];
    t->gradient[middle] = -right;
    assert_int_equal(mismatches(s, false), 1);
    t->gradient[middle] = right * 1.01f;
    assert_int_equal(mismatches(s, false), 1);
    t->gradient[middle] = right;
  }
  assert_int_equal(mismatches(s, true), 0);
}

#define TEST(subject_on)                        \
  static void test_##subject_on(void **state) { \
    (void)state;                                \
    on_every_table(subject_on);                 \
  }
TEST(linear_on)
TEST(norm_on)
TEST(rms_norm_on)
TEST(activation_on)
TEST(dropout_on)
TEST(feed_forward_on)
TEST(gated_feed_forward_on)
TEST(embedding_on)
TEST(loss_on)
TEST(soft_loss_on)
TEST(self_attention_on)
TEST(relative_decoder_on)
TEST(relative_encoder_on)
TEST(ssru_on)
TEST(cross_attention_on)
TEST(planted_faults_on)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_linear_on),
      cmocka_unit_test(test_norm_on),
      cmocka_unit_test(test_rms_norm_on),
      cmocka_unit_test(test_activation_on),
      cmocka_unit_test(test_dropout_on),
      cmocka_unit_test(test_feed_forward_on),
      cmocka_unit_test(test_gated_feed_forward_on),
      cmocka_unit_test(test_embedding_on),
      cmocka_unit_test(test_loss_on),
      cmocka_unit_test(test_soft_loss_on),
      cmocka_unit_test(test_self_attention_on),
      cmocka_unit_test(test_relative_decoder_on),
      cmocka_unit_test(test_relative_encoder_on),
      cmocka_unit_test(test_ssru_on),
      cmocka_unit_test(test_cross_attention_on),
      cmocka_unit_test(test_planted_faults_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
