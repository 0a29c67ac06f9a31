// ig_time_model: the products and the layers of a model, each by itself, at the model's sizes and
// with random values.
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "ingot_measure.h"
#include "measure/matrix_product.h"
#include "model/config.h"
#include "model/create/create.h"
#include "model/model.h"
#include "model/run/pack.h"
#include "nn/loss.h"
#include "nn/scratch.h"
#include "nn/self_attention.h"

typedef struct model_timing {
  const ig_config *config;
  const ig_timing_options *options;
  ig_timing_report report;
  void *context;
  ig_weight_type type;
  ig_nn nn;
  ig_error *err;
} model_timing;

ig_timing_options ig_timing_options_default(void) {
  return (ig_timing_options){.rows = 2048, .length = 24, .repeat = 5};
}

// ---- products ---------------------------------------------------------------

typedef struct timed_weight {
  const char *name;
  int out, in;
} timed_weight;
enum { WEIGHTS = 8 };

// Columns of what the first layer of a feed-forward gives.
static int inner_rows(const ig_feed_forward_shape *shape) {
  return (shape->gated ? 2 : 1) * shape->inner;
}

// Multiply-adds of a row in the layers of a feed-forward.
static double feed_forward_products(const ig_feed_forward_shape *shape, double d) {
  return d * (inner_rows(shape) + shape->inner);
}

// Lists the weights of different shapes: a decoder's feed-forward as large as the encoder's is not
// timed again.
static size_t list_weights(const ig_config *c, timed_weight *weights) {
  const int d = c->d_model, self = ig_config_attention_width(c, &c->encoder.self),
            cross = ig_config_attention_width(c, &c->decoder.cross);
  const timed_weight all[WEIGHTS] = {
      {"query, key and value", 3 * self, d},
      {"attention output", d, self},
      {"keys and values of cross-attention", 2 * cross, d},
      {"feed-forward, inner", inner_rows(&c->encoder.feed_forward), d},
      {"feed-forward, outer", d, c->encoder.feed_forward.inner},
      {"decoder's feed-forward, inner", inner_rows(&c->decoder.feed_forward), d},
      {"decoder's feed-forward, outer", d, c->decoder.feed_forward.inner},
      {"output layer", c->target_vocab_size, d}};
  size_t count = 0;
  for (size_t i = 0; i < WEIGHTS; i++) {
    bool known = false;
    for (size_t j = 0; j < count; j++)
      known |= weights[j].out == all[i].out && weights[j].in == all[i].in;
    if (!known) weights[count++] = all[i];
  }
  return count;
}

// What W (out, in) is packed as in a model of this type.
static ig_weight_layout packed_layout(ig_weight_type type, size_t out, size_t in) {
  return ig_pack_layout(type, &(ig_linear){.out = (int)out, .in = (int)in});
}

static ig_peak peak_of(const ig_matrix_product_shape *shape) {
  if (shape->kind != IG_MATRIX_PRODUCT_PACKED) return IG_PEAK_TRAINING;
  return shape->layout == IG_WEIGHT_LAYOUT_INT8_PANELS ? IG_PEAK_INT8 : IG_PEAK_INFERENCE;
}

static ig_status time_product(model_timing *t, const char *name,
                              const ig_matrix_product_shape *shape) {
  const bool packed = shape->kind == IG_MATRIX_PRODUCT_PACKED;
  ig_matrix_product product;
  IG_TRY(ig_matrix_product_create(&t->nn, shape, &product, t->err));
  ig_timing result = {.group = "product",
                      .m = shape->m,
                      .n = shape->n,
                      .k = shape->k,
                      .seconds = ig_matrix_product_seconds(&t->nn, &product),
                      .operations = ig_matrix_product_operations(&product),
                      .peak = peak_of(shape),
                      .type = "fp32"};
  if (packed && shape->layout != packed_layout(IG_WEIGHT_TYPE_FP32, shape->n, shape->k))
    result.type = t->options->type;
  for (int i = 1; i < t->options->repeat; i++) {
    const double seconds = ig_matrix_product_seconds(&t->nn, &product);
    if (seconds < result.seconds) result.seconds = seconds;
  }
  const char *kind = ig_matrix_product_kind_name(shape->kind);
  if (packed) {
    snprintf(result.name, sizeof result.name, "%s, %s, %zu row%s", name, kind, shape->m,
             shape->m == 1 ? "" : "s");
  } else {
    snprintf(result.name, sizeof result.name, "%s, %s", name, kind);
  }
  ig_matrix_product_free(&product);
  t->report(t->context, &result);
  return IG_OK;
}

// Times what a training batch and decoding steps ask of one weight.
static ig_status time_weight(model_timing *t, const timed_weight *weight) {
  static const size_t steps[] = {1, 8, 32};
  const size_t out = (size_t)weight->out, in = (size_t)weight->in;
  const size_t all = (size_t)t->options->rows,
               block = (size_t)ig_loss_block(t->config->target_vocab_size);
  // In training the output layer never sees more rows at once than a block of the loss.
  const size_t rows = weight->out == t->config->target_vocab_size && all > block ? block : all;
  const ig_matrix_product_shape training[] = {
      {.kind = IG_MATRIX_PRODUCT_FORWARD, .m = rows, .n = out, .k = in},
      {.kind = IG_MATRIX_PRODUCT_BACKWARD_INPUT, .m = rows, .n = in, .k = out},
      {.kind = IG_MATRIX_PRODUCT_BACKWARD_WEIGHT, .m = out, .n = in, .k = rows}};
  for (size_t i = 0; i < sizeof training / sizeof *training; i++)
    IG_TRY(time_product(t, weight->name, &training[i]));
  ig_matrix_product_shape step = {.kind = IG_MATRIX_PRODUCT_PACKED,
                                  .n = out,
                                  .k = in,
                                  .layout = packed_layout(t->type, out, in)};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    step.m = steps[i];
    IG_TRY(time_product(t, weight->name, &step));
  }
  return IG_OK;
}

static ig_status time_products(model_timing *t) {
  timed_weight weights[WEIGHTS];
  const size_t count = list_weights(t->config, weights);
  for (size_t i = 0; i < count; i++) IG_TRY(time_weight(t, &weights[i]));
  return IG_OK;
}

// ---- layers -----------------------------------------------------------------

// The layers that make up one decoder layer. They are timed one at a time, with the same rows and
// the same buffers.
typedef struct timed_layers {
  const ig_model *model;
  const ig_decoder_layer *layer;
  int rows;
  ig_ragged ragged;
  float *input, *output, *doutput, *dinput;  // (rows, d)
  ig_multi_head_attention_state attention;
  ig_ssru_state cell;  // in place of attention, in a recurrent decoder
  ig_feed_forward_state feed_forward;
  ig_norm_state norm;
  ig_attention_mask causal;
  ig_loss_args loss;
  int *targets;  // (rows)
} timed_layers;

static void run_attention(ig_nn *nn, timed_layers *l) {
  ig_self_attention_forward(nn, &l->layer->self_attention, &l->attention,
                            &(ig_self_attention_args){.rows = l->ragged, .mask = &l->causal},
                            l->input, l->output);
}
static void run_attention_backward(ig_nn *nn, timed_layers *l) {
  ig_self_attention_backward(nn, &l->layer->self_attention, &l->attention,
                             &(ig_self_attention_args){.rows = l->ragged, .mask = &l->causal},
                             l->input, &(ig_layer_gradient){l->doutput, l->dinput, false});
}
static void run_cell(ig_nn *nn, timed_layers *l) {
  ig_ssru_forward(nn, &l->layer->cell, &l->cell, &(ig_self_attention_args){.rows = l->ragged},
                  l->input, l->output);
}
static void run_cell_backward(ig_nn *nn, timed_layers *l) {
  ig_ssru_backward(nn, &l->layer->cell, &l->cell, &l->ragged, l->input,
                   &(ig_layer_gradient){l->doutput, l->dinput, false});
}
static void run_ffn(ig_nn *nn, timed_layers *l) {
  ig_feed_forward_forward(nn, &l->layer->feed_forward, &l->feed_forward, l->rows, l->input,
                          l->output);
}
static void run_ffn_backward(ig_nn *nn, timed_layers *l) {
  ig_feed_forward_backward(nn, &l->layer->feed_forward, &l->feed_forward, l->rows, l->input,
                           &(ig_layer_gradient){l->doutput, l->dinput, false});
}
static void run_norm(ig_nn *nn, timed_layers *l) {
  ig_norm_forward(nn, &l->layer->feed_forward_norm, &l->norm, l->rows, l->input, l->output);
}
static void run_norm_backward(ig_nn *nn, timed_layers *l) {
  ig_norm_backward(nn, &l->layer->feed_forward_norm, &l->norm, l->rows, l->input,
                   &(ig_layer_gradient){l->doutput, l->dinput, false});
}
static void run_loss(ig_nn *nn, timed_layers *l) {
  ig_loss_run(nn, &l->loss, l->rows, l->input, l->dinput);
}

static void carve_layers(timed_layers *l, ig_arena *arena) {
  const size_t size = (size_t)l->rows * (size_t)l->model->config.d_model;
  l->input = IG_TAKE(arena, float, size);
  l->output = IG_TAKE(arena, float, size);
  l->doutput = IG_TAKE(arena, float, size);
  l->dinput = IG_TAKE(arena, float, size);
  l->targets = IG_TAKE(arena, int, l->rows);
  ig_self_attention_carve(&l->attention, arena, &l->layer->self_attention, l->rows);
  ig_ssru_carve(&l->cell, arena, &l->layer->cell, l->rows);
  ig_feed_forward_carve(&l->feed_forward, arena, &l->layer->feed_forward, l->rows, true);
  ig_norm_carve(&l->norm, arena, l->rows);
  l->loss = (ig_loss_args){.output = l->model->output,
                           .label_smoothing = 0.1f,
                           .gradient_scale = 1,
                           .targets = l->targets};
}

static void fill_layers(timed_layers *l) {
  const size_t size = (size_t)l->rows * (size_t)l->model->config.d_model;
  for (size_t i = 0; i < size; i++) {
    l->input[i] = (float)(i * 2654435761u % 1000) * 1e-3f - 0.5f;
    l->doutput[i] = (float)(i * 2246822519u % 1000) * 1e-3f - 0.5f;
  }
}

static size_t layers_scratch(const ig_nn *nn, const timed_layers *l, int length) {
  const ig_attention_sizes attention = {.rows = l->rows, .max_keys = length, .training = true};
  return IG_SCRATCH_MOST(ig_self_attention_scratch(nn, &l->layer->self_attention, &attention),
                         ig_ssru_scratch(nn, &l->layer->cell, l->rows, true),
                         ig_feed_forward_scratch(nn, &l->layer->feed_forward, l->rows, true),
                         ig_loss_scratch(nn, &l->loss, l->rows));
}

static void time_layer(model_timing *t, timed_layers *l, const char *name, double operations,
                       void (*run)(ig_nn *, timed_layers *)) {
  ig_timing result = {.group = "layer",
                      .m = (size_t)l->rows,
                      .operations = operations,
                      .seconds = 1e30,
                      .peak = IG_PEAK_TRAINING,
                      .type = "fp32"};
  run(&t->nn, l);
  for (int i = 0; i < t->options->repeat; i++) {
    const double begin = ig_clock_seconds();
    run(&t->nn, l);
    const double seconds = ig_clock_seconds() - begin;
    if (seconds < result.seconds) result.seconds = seconds;
  }
  snprintf(result.name, sizeof result.name, "%s", name);
  t->report(t->context, &result);
}

// Operations are those of matrix products. Attention's own two, over (length, length), are counted;
// its softmax is not.
static void time_each_layer(model_timing *t, timed_layers *l, int length) {
  const double rows = l->rows, d = t->config->d_model,
               width = ig_config_attention_width(t->config, &t->config->decoder.self);
  const double attention = 2 * rows * (4 * d * width + 2 * width * length),
               ffn = 2 * rows * feed_forward_products(&t->config->decoder.feed_forward, d);
  const double cell = 2 * rows * 2 * d * d;
  if (t->config->decoder.recurrent) {
    time_layer(t, l, "recurrent unit, forward", cell, run_cell);
    time_layer(t, l, "recurrent unit, backward", 2 * cell, run_cell_backward);
  } else {
    time_layer(t, l, "self-attention, forward", attention, run_attention);
    time_layer(t, l, "self-attention, backward", 2 * attention, run_attention_backward);
  }
  time_layer(t, l, "feed-forward, forward", ffn, run_ffn);
  time_layer(t, l, "feed-forward, backward", 2 * ffn, run_ffn_backward);
  time_layer(t, l, "norm, forward", 0, run_norm);
  time_layer(t, l, "norm, backward", 0, run_norm_backward);
  time_layer(t, l, "output layer and loss, forward and backward",
             6 * rows * d * t->config->target_vocab_size, run_loss);
}

static ig_status time_layers_of(model_timing *t, const ig_model *model) {
  const int length = t->options->length < t->options->rows ? t->options->length : t->options->rows,
            sequences = t->options->rows / length;
  timed_layers l = {.model = model,
                    .layer = &model->decoder[0],
                    .rows = sequences * length,
                    .causal = {.causal = true}};
  ig_arena offsets, arena = ig_arena_measure(), scratch = {0};
  IG_TRY(
      ig_arena_create(&offsets, (size_t)(sequences + 1) * sizeof(int) + 2 * IG_ALIGNMENT, t->err));
  int *offset = IG_TAKE(&offsets, int, sequences + 1);
  for (int s = 0; s <= sequences; s++) offset[s] = s * length;
  l.ragged = (ig_ragged){sequences, offset};
  carve_layers(&l, &arena);
  ig_status status = ig_arena_create(&arena, arena.peak, t->err);
  if (status == IG_OK)
    status = ig_arena_create(&scratch, layers_scratch(&t->nn, &l, length), t->err);
  if (status == IG_OK) {
    carve_layers(&l, &arena);
    fill_layers(&l);
    t->nn.scratch = &scratch;
    time_each_layer(t, &l, length);
  }
  ig_arena_free(&scratch);
  ig_arena_free(&arena);
  ig_arena_free(&offsets);
  return status;
}

static ig_status time_layers(model_timing *t) {
  ig_model *model = NULL;
  ig_status status = ig_model_create(t->config, 1, &model, t->err);
  if (status == IG_OK) status = ig_create_gradients(model, NULL, t->err);
  if (status == IG_OK && t->config->decoder.layers > 0) status = time_layers_of(t, model);
  ig_model_free(model);
  return status;
}

double ig_translation_operations(const ig_config *c, int length, int beam_size) {
  if (!c) return 0;
  const double d = c->d_model, layers = c->decoder.layers,
               encoder_width = ig_config_attention_width(c, &c->encoder.self),
               decoder_width = ig_config_attention_width(c, &c->decoder.self);
  const double encoder = c->encoder.layers * (4 * d * encoder_width +
                                              feed_forward_products(&c->encoder.feed_forward, d)) +
                         layers * 2 * d * decoder_width;  // keys and values of cross-attention
  const double past = c->decoder.recurrent ? 2 * d * d : 4 * d * decoder_width;
  const double decoder =
      layers * (past + 2 * d * decoder_width + feed_forward_products(&c->decoder.feed_forward, d)) +
      d * c->target_vocab_size;
  return 2 * length * (encoder + beam_size * decoder);
}

ig_status ig_time_model(const ig_config *config, const ig_timing_options *options,
                        ig_timing_report report, void *context, ig_error *err) {
  const ig_timing_options defaults = ig_timing_options_default();
  if (!options) options = &defaults;
  IG_TRY(ig_fail_if_null(config, "config", err));
  if (!report) return ig_fail(err, IG_ERROR_ARGUMENT, "report: expected a function, found NULL");
  model_timing t = {.config = config,
                    .options = options,
                    .report = report,
                    .context = context,
                    .nn = {.training = true, .seed = 1},
                    .err = err};
  if (options->rows < 1 || options->length < 1 || options->repeat < 1)
    return ig_fail(err, IG_ERROR_ARGUMENT, "rows, length and repeat must be 1 or more");
  IG_TRY(ig_weight_type_of(options->type, &t.type, err));
  IG_TRY(ig_config_check(config, "the model's options", err));
  IG_TRY(ig_kernels_select(&t.nn.kernels, err));
  IG_TRY(ig_pool_create(options->threads, &t.nn.pool, err));
  ig_status status = time_products(&t);
  if (status == IG_OK) status = time_layers(&t);
  ig_pool_free(t.nn.pool);
  return status;
}
