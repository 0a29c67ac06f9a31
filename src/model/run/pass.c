// A training or scoring pass: encoder, decoder and head one after the other, and back. Each is a
// pair of functions here, forward and backward, over its own part of the activations.
#include "model/run/pass.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/head/head.h"
#include "model/run/decoder.h"
#include "model/run/encoder.h"
#include "model/run/masks.h"
#include "model/run/pass_batch.h"
#include "nn/scratch.h"

struct ig_pass {
  ig_run_context context;
  ig_arena activations;
  ig_encoder_state encoder;
  ig_decoder_state decoder;
  ig_kv_rows *key_value;  // (decoder_layers): (source rows, 2w)
};

// What one batch has in the arena of activations besides the states of the stacks.
typedef struct batch_activations {
  ig_mask_set masks;
  int *position;           // (target rows)
  int *memory_length;      // (sequences)
  int *types;              // (source rows): of tokens that have types
  float *hidden_gradient;  // (target rows, d): of the decoder's rows
  float *memory_gradient;  // (source rows, d): of the encoder's rows
  float *dropped;          // (the more rows, d)
  float *normed;           // (the more rows, d)
} batch_activations;

// One run over a batch.
typedef struct batch_run {
  const ig_pass_args *args;
  ig_pass_bounds bounds;
  batch_activations activations;
  ig_encoder_view encoder;
  ig_decoder_view decoder;
} batch_run;

// ---- the pass and its memory -------------------------------------------------

static ig_status create_states(ig_pass *p, const ig_model *model, ig_pool *pool, ig_error *err) {
  IG_TRY(ig_run_context_create(model, pool, &p->context, err));
  IG_TRY(ig_encoder_create(model, &p->encoder, err));
  IG_TRY(ig_decoder_create(model, &p->decoder, err));
  p->key_value = ig_allocate((size_t)model->config.decoder.layers, sizeof *p->key_value, err);
  return p->key_value ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_pass_create(const ig_model *model, ig_pool *pool, ig_pass **out, ig_error *err) {
  if (!ig_head_of(model)->loss)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "training a model with the head \"%s\" is not built",
                   ig_head_of(model)->name);
  ig_pass *p = ig_allocate(1, sizeof *p, err);
  if (!p) return IG_ERROR_MEMORY;
  const ig_status status = create_states(p, model, pool, err);
  if (status != IG_OK) {
    ig_pass_free(p);
    return status;
  }
  *out = p;
  return IG_OK;
}

void ig_pass_free(ig_pass *p) {
  if (!p) return;
  ig_run_context_free(&p->context);
  ig_arena_free(&p->activations);
  ig_encoder_free(&p->encoder);
  ig_decoder_free(&p->decoder);
  free(p->key_value);
  free(p);
}

void ig_pass_set_compute(ig_pass *p, ig_compute compute) { p->context.nn.compute = compute; }

static void carve_batch(ig_pass *p, batch_activations *a, ig_arena *arena,
                        const ig_pass_bounds *n) {
  const ig_model *model = p->context.model;
  const size_t d = (size_t)model->config.d_model, source_rows = (size_t)n->source_rows,
               target_rows = (size_t)n->target_rows;
  const ig_keeping keeping = !n->backward   ? IG_KEEPING_NOTHING
                             : n->recompute ? IG_KEEPING_INPUTS
                                            : IG_KEEPING_ALL;
  ig_encoder_carve(&p->encoder, arena, model, n->source_rows, keeping);
  for (int i = 0; i < model->config.decoder.layers; i++)
    p->key_value[i] = ig_kv_rows_take(
        arena, false,
        source_rows * 2 * ig_multi_head_attention_width(&model->decoder[i].cross_attention));
  ig_decoder_carve(&p->decoder, arena, model, n->target_rows, keeping);
  a->position = IG_TAKE(arena, int, target_rows);
  a->memory_length = IG_TAKE(arena, int, n->sequences);
  a->types = model->config.token_types ? IG_TAKE(arena, int, source_rows) : NULL;
  if (!n->backward) return;
  const size_t most = source_rows > target_rows ? source_rows : target_rows;
  if (ig_config_decodes(&model->config)) a->hidden_gradient = IG_TAKE(arena, float, target_rows *d);
  a->memory_gradient = IG_TAKE(arena, float, source_rows *d);
  a->dropped = IG_TAKE(arena, float, most *d);
  a->normed = IG_TAKE(arena, float, most *d);
}

static void carve_masks(const ig_pass *p, batch_activations *a, ig_arena *arena,
                        const ig_batch *batch) {
  const ig_config *c = &p->context.model->config;
  ig_masks_carve(&a->masks, arena, batch, c);
}

static int most_positions(const ig_pass_bounds *n) {
  return n->longest_source > n->longest_target ? n->longest_source : n->longest_target;
}

static size_t scratch_bytes(const ig_run_context *context, const ig_pass_bounds *n) {
  const int rows = ig_config_decodes(&context->model->config) ? n->target_rows : n->source_rows;
  const ig_attention_sizes encoder = {
      .rows = n->source_rows, .max_keys = n->longest_source, .training = n->backward};
  const ig_attention_sizes decoder = {.rows = n->target_rows,
                                      .memory_rows = n->source_rows,
                                      .max_keys = most_positions(n),
                                      .training = n->backward};
  const ig_model *model = context->model;
  const ig_head_targets targets = {.soft = n->soft, .entropy = n->entropy, .r_drop = n->r_drop};
  const size_t head =
      n->headless ? 0 : ig_head_of(model)->scratch(&context->nn, model, &targets, rows);
  return IG_SCRATCH_MOST(ig_encoder_scratch(context, &encoder),
                         ig_decoder_scratch(context, &decoder), head);
}

// What batches up to the bounds need, with the masks of `masks` (a batch, or NULL).
static ig_status measure_needs(ig_pass *p, const ig_pass_bounds *n, const ig_batch *masks,
                               ig_run_needs *out, ig_error *err) {
  batch_activations a = {0};
  ig_arena plan = ig_arena_measure();
  carve_batch(p, &a, &plan, n);
  if (masks) carve_masks(p, &a, &plan, masks);
  if (plan.overflow)
    return ig_fail(err, IG_ERROR_MEMORY, "the batch needs more memory than can be addressed");
  *out = (ig_run_needs){
      .state = plan.peak, .scratch = scratch_bytes(&p->context, n), .positions = most_positions(n)};
  return IG_OK;
}

ig_status ig_pass_measure(ig_pass *p, const ig_pass_bounds *bounds, ig_pass_plan *out,
                          ig_error *err) {
  ig_run_needs needs;
  IG_TRY(measure_needs(p, bounds, NULL, &needs, err));
  *out = (ig_pass_plan){.activations = needs.state, .scratch = needs.scratch};
  return IG_OK;
}

ig_status ig_pass_reserve(ig_pass *p, const ig_pass_bounds *most, const ig_pass_bounds *expected,
                          ig_error *err) {
  ig_run_needs reserved, touched = {0};
  IG_TRY(measure_needs(p, most, NULL, &reserved, err));
  if (expected) IG_TRY(measure_needs(p, expected, NULL, &touched, err));
  IG_TRY(ig_arena_reserve(&p->activations, reserved.state, 0, err));
  IG_TRY(ig_run_context_reserve(&p->context, &reserved, NULL, err));
  ig_arena_touch(&p->activations, touched.state);
  ig_arena_touch(&p->context.scratch, touched.scratch);
  return IG_OK;
}

// Memory of one batch: where nothing was reserved, larger than asked for, so that it soon suits all
// batches.
static ig_status reserve_batch(ig_pass *p, batch_run *run, ig_error *err) {
  ig_run_needs needs;
  IG_TRY(measure_needs(p, &run->bounds, run->args->batch, &needs, err));
  const ig_run_needs slack = {.scratch = needs.scratch / 8, .positions = needs.positions / 2 + 64};
  IG_TRY(ig_arena_reserve(&p->activations, needs.state, needs.state / 8, err));
  IG_TRY(ig_run_context_reserve(&p->context, &needs, &slack, err));
  carve_batch(p, &run->activations, &p->activations, &run->bounds);
  carve_masks(p, &run->activations, &p->activations, run->args->batch);
  return IG_OK;
}

// ---- encoder ----------------------------------------------------------------

// The second text of each sequence has type 1.
static void fill_types(const batch_run *run, bool pairs) {
  const ig_batch *batch = run->args->batch;
  for (int s = 0; s < batch->sequences; s++) {
    const int first = batch->source_offsets[s],
              second = pairs ? batch->target_output[s * IG_SPAN_TARGETS + IG_SPAN_SECOND_TEXT] : 0;
    for (int r = first; r < batch->source_offsets[s + 1]; r++)
      run->activations.types[r] = second && r - first >= second;
  }
}

static const float *encode(ig_pass *p, batch_run *run) {
  const ig_batch *batch = run->args->batch;
  const bool pairs = p->context.model->config.head.kind == IG_HEAD_SPAN;
  if (run->activations.types) fill_types(run, pairs);
  run->encoder = (ig_encoder_view){.rows = {batch->sequences, batch->source_offsets},
                                   .ids = batch->source,
                                   .types = run->activations.types,
                                   .mask = &run->activations.masks.encoder};
  p->context.nn.first_row = run->args->first_source_row;
  return ig_encoder_forward(&p->context, &p->encoder, &run->encoder);
}

// gradient: of the encoded rows, overwritten.
static void encode_backward(ig_pass *p, const batch_run *run, float *gradient) {
  ig_sublayer_gradient rows = {
      .gradient = gradient, .dropped = run->activations.dropped, .normed = run->activations.normed};
  p->context.nn.first_row = run->args->first_source_row;
  ig_encoder_backward(&p->context, &p->encoder, &run->encoder, &rows);
}

// ---- decoder ----------------------------------------------------------------

static ig_decoder_view decoder_view(const ig_pass *p, const batch_run *run) {
  const ig_batch *batch = run->args->batch;
  const batch_activations *a = &run->activations;
  for (int s = 0; s < batch->sequences; s++) {
    a->memory_length[s] = batch->source_offsets[s + 1] - batch->source_offsets[s];
    for (int r = batch->target_offsets[s]; r < batch->target_offsets[s + 1]; r++)
      a->position[r] = r - batch->target_offsets[s];
  }
  return (ig_decoder_view){.rows = {batch->sequences, batch->target_offsets},
                           .ids = batch->target_input,
                           .position = a->position,
                           .self_mask = a->masks.decoder,
                           .cross_mask = a->masks.cross,
                           .key_value = p->key_value,
                           .memory_begin = batch->source_offsets,
                           .memory_length = a->memory_length,
                           .attended = run->args->attended};
}

// memory: the encoded rows.
static const float *decode(ig_pass *p, batch_run *run, const float *memory) {
  run->decoder = decoder_view(p, run);
  p->context.nn.first_row = run->args->first_target_row;
  ig_decoder_memory(&p->context, run->bounds.source_rows, memory, p->key_value);
  return ig_decoder_forward(&p->context, &p->decoder, &run->decoder);
}

// From the gradient of the decoder's rows, overwritten, to that of the memory: dmemory.
static void decode_backward(ig_pass *p, const batch_run *run, const float *memory, float *gradient,
                            float *dmemory) {
  const ig_model *model = p->context.model;
  const size_t d = (size_t)model->config.d_model;
  const ig_memory_gradient of_memory = {.rows = run->bounds.source_rows,
                                        .memory = memory,
                                        .dmemory = ig_encoder_is_trained(model) ? dmemory : NULL};
  ig_sublayer_gradient rows = {
      .gradient = gradient, .dropped = run->activations.dropped, .normed = run->activations.normed};
  memset(dmemory, 0, (size_t)run->bounds.source_rows * d * sizeof *dmemory);
  p->context.nn.first_row = run->args->first_target_row;
  ig_decoder_backward(&p->context, &p->decoder, &run->decoder, &of_memory, &rows);
}

// ---- the whole --------------------------------------------------------------

static int longest_sequence(int sequences, const int *offsets) {
  int most = 0;
  for (int s = 0; s < sequences; s++)
    if (offsets[s + 1] - offsets[s] > most) most = offsets[s + 1] - offsets[s];
  return most;
}

static ig_pass_bounds bounds_of(const ig_pass_args *args) {
  const ig_batch *b = args->batch;
  return (ig_pass_bounds){.sequences = b->sequences,
                          .source_rows = b->source_offsets[b->sequences],
                          .target_rows = b->target_offsets[b->sequences],
                          .longest_source = longest_sequence(b->sequences, b->source_offsets),
                          .longest_target = longest_sequence(b->sequences, b->target_offsets),
                          .backward = args->backward,
                          .recompute = args->recompute,
                          .headless = args->hidden != NULL,
                          .soft = args->soft,
                          .entropy = args->entropy,
                          .r_drop = args->r_drop};
}

static ig_status begin_run(ig_pass *p, const ig_pass_args *args, batch_run *run, ig_error *err) {
  IG_TRY(ig_pass_batch_check(args->batch, err));
  *run = (batch_run){.args = args, .bounds = bounds_of(args)};
  IG_TRY(ig_pass_batch_check_contents(args->batch, most_positions(&run->bounds),
                                      &p->context.model->config, err));
  IG_TRY(reserve_batch(p, run, err));
  p->context.nn.training = args->backward;
  p->context.nn.watch = args->watch;
  p->context.nn.observer = args->observer;
  p->context.nn.seed = args->seed;
  p->context.nn.update = args->update;
  return IG_OK;
}

// An encoder with its head: logits of all rows, or the loss and its backward.
static void run_encoder(ig_pass *p, batch_run *run, ig_loss_sums *sums) {
  const ig_pass_args *args = run->args;
  ig_nn *nn = &p->context.nn;
  const ig_model *model = p->context.model;
  const ig_head *head = ig_head_of(model);
  const int rows = run->bounds.source_rows;
  const float *hidden = encode(p, run);
  if (args->hidden) {
    *args->hidden = hidden;
    return;
  }
  if (args->logits) head->forward(nn, model, rows, hidden, args->logits);
  const ig_head_targets targets = {
      .sequences = &run->encoder.rows,
      .ids = args->batch->target_output,
      .spans = args->batch->target_output,
      .label_smoothing = args->label_smoothing,
      .gradient_scale = args->backward ? (float)(1.0 / args->normalizer) : 0.0f,
      .soft = args->soft};
  float *gradient = run->activations.memory_gradient;  // NULL without a backward
  const ig_loss_sums result = head->loss(nn, model, &targets, rows, hidden, gradient);
  if (args->backward) encode_backward(p, run, gradient);
  if (sums) *sums = result;
}

ig_status ig_pass_run(ig_pass *p, const ig_pass_args *args, ig_loss_sums *sums, ig_error *err) {
  batch_run run;
  IG_TRY(begin_run(p, args, &run, err));
  ig_nn *nn = &p->context.nn;
  const ig_model *model = p->context.model;
  if (!ig_config_decodes(&model->config)) {
    run_encoder(p, &run, sums);
    return IG_OK;
  }
  const int rows = run.bounds.target_rows;
  const ig_head *head = ig_head_of(model);
  const float *memory = encode(p, &run), *hidden = decode(p, &run, memory);
  if (args->hidden) {
    *args->hidden = hidden;
    return IG_OK;
  }
  if (args->logits) head->forward(nn, model, rows, hidden, args->logits);
  if (!args->batch->target_output) return IG_OK;
  const ig_head_targets targets = {
      .ids = args->batch->target_output,
      .label_smoothing = args->label_smoothing,
      .gradient_scale = args->backward ? (float)(1.0 / args->normalizer) : 0.0f,
      .soft = args->soft,
      .entropy = args->entropy,
      .r_drop = args->r_drop};
  if (args->log_probs) {
    head->log_probs(nn, model, &targets, rows, hidden, args->log_probs);
    return IG_OK;
  }
  float *hidden_gradient = run.activations.hidden_gradient;  // NULL without a backward
  const ig_loss_sums result = head->loss(nn, model, &targets, rows, hidden, hidden_gradient);
  if (args->backward) {
    decode_backward(p, &run, memory, hidden_gradient, run.activations.memory_gradient);
    encode_backward(p, &run, run.activations.memory_gradient);
  }
  if (sums) *sums = result;
  return IG_OK;
}
