// A training or scoring pass: encoder, decoder, loss, and back.
#include "model/run/pass.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/run/decoder.h"
#include "model/run/encoder.h"
#include "model/run/masks.h"

struct ig_pass {
  const ig_model *model;
  ig_nn nn;
  ig_arena activations, scratch;
  ig_encoder_layer_state *encoder_layers;
  ig_decoder_layer_state *decoder_layers;
  float **key_value;  // (decoder_layers)
  float *positions;   // (position_count, d)
  size_t position_count;
};

// Everything of one batch that lives in the arena.
typedef struct ig_pass_buffers {
  ig_encoder_state encoder;
  ig_decoder_state decoder;
  ig_mask_set masks;
  int *position;                             // (target rows)
  int *memory_length;                        // (sequences)
  float *hidden_gradient, *memory_gradient;  // (target rows, d), (source rows, d)
  float *dropped, *normed;                   // (the more rows, d)
} ig_pass_buffers;

static int longest(const ig_ragged *r) {
  int most = 0;
  for (int s = 0; s < r->sequences; s++)
    if (r->offsets[s + 1] - r->offsets[s] > most) most = r->offsets[s + 1] - r->offsets[s];
  return most;
}

static int most_positions(const ig_pass_bounds *n) {
  return n->longest_source > n->longest_target ? n->longest_source : n->longest_target;
}

static ig_pass_bounds bounds_of(const ig_pass_args *args) {
  const ig_batch *b = args->batch;
  const ig_ragged source = {b->sequences, b->source_offsets},
                  target = {b->sequences, b->target_offsets};
  return (ig_pass_bounds){.sequences = b->sequences,
                          .source_rows = ig_ragged_rows(&source),
                          .target_rows = ig_ragged_rows(&target),
                          .longest_source = longest(&source),
                          .longest_target = longest(&target),
                          .backward = args->backward,
                          .recompute = args->recompute};
}

ig_status ig_pass_create(const ig_model *model, ig_pool *pool, ig_pass **out, ig_error *err) {
  ig_pass *p = ig_allocate(1, sizeof *p, err);
  if (!p) return IG_ERROR_MEMORY;
  p->model = model;
  p->nn = (ig_nn){.pool = pool};
  p->encoder_layers =
      ig_allocate((size_t)model->config.encoder_layers, sizeof *p->encoder_layers, err);
  p->decoder_layers =
      ig_allocate((size_t)model->config.decoder_layers, sizeof *p->decoder_layers, err);
  p->key_value = ig_allocate((size_t)model->config.decoder_layers, sizeof *p->key_value, err);
  ig_status status =
      p->encoder_layers && p->decoder_layers && p->key_value ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_kernels_select(&p->nn.kernels, err);
  if (status != IG_OK) {
    ig_pass_free(p);
    return status;
  }
  *out = p;
  return IG_OK;
}

void ig_pass_free(ig_pass *p) {
  if (!p) return;
  ig_arena_free(&p->activations);
  ig_arena_free(&p->scratch);
  free(p->encoder_layers);
  free(p->decoder_layers);
  free(p->key_value);
  free(p->positions);
  free(p);
}

static void carve(ig_pass *p, ig_pass_buffers *b, ig_arena *arena, const ig_pass_bounds *n) {
  const size_t d = (size_t)p->model->config.d_model, source_rows = (size_t)n->source_rows,
               target_rows = (size_t)n->target_rows;
  const ig_keeping keeping = !n->backward   ? IG_KEEPING_NOTHING
                             : n->recompute ? IG_KEEPING_INPUTS
                                            : IG_KEEPING_ALL;
  b->encoder.layers = p->encoder_layers;
  b->decoder.layers = p->decoder_layers;
  ig_encoder_carve(&b->encoder, arena, p->model, n->source_rows, keeping);
  for (int i = 0; i < p->model->config.decoder_layers; i++)
    p->key_value[i] = IG_TAKE(arena, float, source_rows * 2 * d);
  ig_decoder_carve(&b->decoder, arena, p->model, n->target_rows, keeping);
  b->position = IG_TAKE(arena, int, target_rows);
  b->memory_length = IG_TAKE(arena, int, n->sequences);
  if (!n->backward) return;
  const size_t most = source_rows > target_rows ? source_rows : target_rows;
  b->hidden_gradient = IG_TAKE(arena, float, target_rows *d);
  b->memory_gradient = IG_TAKE(arena, float, source_rows *d);
  b->dropped = IG_TAKE(arena, float, most *d);
  b->normed = IG_TAKE(arena, float, most *d);
}

static size_t scratch_bytes(const ig_nn *nn, const ig_model *model, const ig_pass_bounds *n) {
  const ig_loss_args loss = {.output = model->output};
  const ig_attention_sizes decoder = {.rows = n->target_rows,
                                      .memory_rows = n->source_rows,
                                      .max_keys = most_positions(n),
                                      .training = n->backward};
  const size_t sizes[] = {
      ig_encoder_scratch(nn, model, n->source_rows, n->longest_source, n->backward),
      ig_decoder_scratch(nn, model, &decoder), ig_loss_scratch(nn, &loss, n->target_rows),
      ig_linear_scratch(nn, &model->output, n->target_rows)};
  size_t most = 0;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] > most) most = sizes[i];
  return most;
}

// Makes the arena hold at least `bytes`, and `more` where it is made anew.
static ig_status reserve(ig_arena *arena, size_t bytes, size_t more, ig_error *err) {
  if (arena->size >= bytes) {
    ig_arena_release(arena, 0);
    return IG_OK;
  }
  ig_arena_free(arena);
  return ig_arena_create(arena, bytes + more, err);
}

static ig_status reserve_positions(ig_pass *p, size_t needed, ig_error *err) {
  if (needed <= p->position_count) return IG_OK;
  const size_t count = needed + needed / 2 + 64, d = (size_t)p->model->config.d_model;
  float *table = ig_allocate(count, d * sizeof *table, err);
  if (!table) return IG_ERROR_MEMORY;
  ig_sinusoids(p->model->config.positions, (int)count, (int)d, table);
  free(p->positions);
  p->positions = table;
  p->position_count = count;
  return IG_OK;
}

static ig_status check_offsets(const char *side, int sequences, const int *offsets, ig_error *err) {
  if (!offsets)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s_offsets: expected sequences + 1 numbers, found NULL",
                   side);
  if (offsets[0] != 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s_offsets[0]: expected 0, found %d", side, offsets[0]);
  for (int s = 0; s < sequences; s++)
    if (offsets[s + 1] < offsets[s])
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s_offsets[%d]: expected at least %d, found %d", side,
                     s + 1, offsets[s], offsets[s + 1]);
  return IG_OK;
}

ig_status ig_batch_check(const ig_batch *batch, ig_error *err) {
  IG_TRY(ig_fail_if_null(batch, "batch", err));
  if (batch->sequences < 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "sequences: expected a number not below 0, found %d",
                   batch->sequences);
  IG_TRY(check_offsets("source", batch->sequences, batch->source_offsets, err));
  IG_TRY(check_offsets("target", batch->sequences, batch->target_offsets, err));
  if (batch->source_offsets[batch->sequences] > 0)
    IG_TRY(ig_fail_if_null(batch->source, "source", err));
  return batch->target_offsets[batch->sequences] > 0
             ? ig_fail_if_null(batch->target_input, "target_input", err)
             : IG_OK;
}

static ig_status check_ids(const char *what, const int *ids, int rows, int vocabulary,
                           ig_error *err) {
  for (int r = 0; r < rows; r++)
    if (ids[r] < 0 || ids[r] >= vocabulary)
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s id of row %d: expected 0 to %d, found %d", what, r,
                     vocabulary - 1, ids[r]);
  return IG_OK;
}

static ig_status check_batch(const ig_pass *p, const ig_batch *batch, const ig_pass_bounds *n,
                             ig_error *err) {
  const ig_config *c = &p->model->config;
  IG_TRY(check_ids("source", batch->source, n->source_rows, c->vocab_size, err));
  IG_TRY(check_ids("target input", batch->target_input, n->target_rows, c->target_vocab_size, err));
  if (batch->target_output)
    for (int r = 0; r < n->target_rows; r++)
      if (batch->target_output[r] >= c->target_vocab_size)
        return ig_fail(err, IG_ERROR_ARGUMENT,
                       "target output id of row %d: expected at most %d, found %d", r,
                       c->target_vocab_size - 1, batch->target_output[r]);
  const int most = most_positions(n);
  if (c->max_positions && most > c->max_positions)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "a sequence of %d tokens is longer than the model's %d positions", most,
                   c->max_positions);
  return ig_masks_check(batch, err);
}

// The arena of activations, measured with what `masks` (a batch's, or NULL) adds.
static ig_status measure(ig_pass *p, const ig_pass_bounds *n, const ig_batch *masks,
                         ig_pass_plan *out, ig_error *err) {
  ig_pass_buffers b = {0};
  ig_arena plan = ig_arena_measure();
  carve(p, &b, &plan, n);
  if (masks)
    ig_masks_carve(&b.masks, &plan, masks, p->model->config.encoder_heads,
                   p->model->config.decoder_heads);
  if (plan.overflow)
    return ig_fail(err, IG_ERROR_MEMORY, "the batch needs more memory than can be addressed");
  *out = (ig_pass_plan){plan.peak, scratch_bytes(&p->nn, p->model, n)};
  return IG_OK;
}

ig_status ig_pass_measure(ig_pass *p, const ig_pass_bounds *bounds, ig_pass_plan *out,
                          ig_error *err) {
  return measure(p, bounds, NULL, out, err);
}

ig_status ig_pass_reserve(ig_pass *p, const ig_pass_bounds *most, const ig_pass_bounds *expected,
                          ig_error *err) {
  ig_pass_plan reserved, touched = {0};
  IG_TRY(ig_pass_measure(p, most, &reserved, err));
  if (expected) IG_TRY(ig_pass_measure(p, expected, &touched, err));
  IG_TRY(reserve(&p->activations, reserved.activations, 0, err));
  IG_TRY(reserve(&p->scratch, reserved.scratch, 0, err));
  ig_arena_touch(&p->activations, touched.activations);
  ig_arena_touch(&p->scratch, touched.scratch);
  return reserve_positions(p, (size_t)most_positions(most), err);
}

static ig_status prepare(ig_pass *p, const ig_pass_args *args, const ig_pass_bounds *n,
                         ig_pass_buffers *b, ig_error *err) {
  const ig_config *c = &p->model->config;
  ig_pass_plan plan;
  IG_TRY(check_batch(p, args->batch, n, err));
  IG_TRY(measure(p, n, args->batch, &plan, err));
  IG_TRY(reserve(&p->activations, plan.activations, plan.activations / 8,
                 err));  // nothing was reserved: settle quickly
  IG_TRY(reserve(&p->scratch, plan.scratch, plan.scratch / 8, err));
  carve(p, b, &p->activations, n);
  ig_masks_carve(&b->masks, &p->activations, args->batch, c->encoder_heads, c->decoder_heads);
  p->nn.training = args->backward;
  p->nn.seed = args->seed;
  p->nn.update = args->update;
  p->nn.scratch = &p->scratch;
  return reserve_positions(p, (size_t)most_positions(n), err);
}

static void backward(ig_pass *p, const ig_pass_args *args, ig_pass_buffers *b,
                     const ig_decoder_view *view, const float *memory) {
  const ig_ragged source = {args->batch->sequences, args->batch->source_offsets};
  const int source_rows = ig_ragged_rows(&source);
  memset(b->memory_gradient, 0,
         (size_t)source_rows * (size_t)p->model->config.d_model * sizeof(float));
  const ig_decoder_backward_args decoder = {.memory_rows = source_rows,
                                            .memory = memory,
                                            .gradient = b->hidden_gradient,
                                            .dropped = b->dropped,
                                            .normed = b->normed,
                                            .dmemory = b->memory_gradient};
  p->nn.first_row = args->first_target_row;
  ig_decoder_backward(&p->nn, p->model, &b->decoder, view, &decoder);
  p->nn.first_row = args->first_source_row;
  ig_encoder_backward(&p->nn, p->model, &b->encoder, &source, args->batch->source,
                      &b->masks.encoder, b->memory_gradient, b->dropped, b->normed);
}

ig_status ig_pass_run(ig_pass *p, const ig_pass_args *args, ig_loss_sums *sums, ig_error *err) {
  const ig_batch *batch = args->batch;
  IG_TRY(ig_batch_check(batch, err));
  const ig_ragged source = {batch->sequences, batch->source_offsets},
                  target = {batch->sequences, batch->target_offsets};
  const ig_pass_bounds n = bounds_of(args);
  ig_pass_buffers b = {0};
  IG_TRY(prepare(p, args, &n, &b, err));
  for (int s = 0; s < batch->sequences; s++) {
    b.memory_length[s] = batch->source_offsets[s + 1] - batch->source_offsets[s];
    for (int r = batch->target_offsets[s]; r < batch->target_offsets[s + 1]; r++)
      b.position[r] = r - batch->target_offsets[s];
  }

  p->nn.first_row = args->first_source_row;
  const float *memory = ig_encoder_forward(&p->nn, p->model, &b.encoder, &source, batch->source,
                                           p->positions, &b.masks.encoder);
  p->nn.first_row = args->first_target_row;
  ig_decoder_memory(&p->nn, p->model, n.source_rows, memory, p->key_value);
  const ig_decoder_view view = {.rows = target,
                                .ids = batch->target_input,
                                .position = b.position,
                                .positions = p->positions,
                                .self_mask = b.masks.decoder,
                                .cross_mask = b.masks.cross,
                                .key_value = p->key_value,
                                .memory_begin = batch->source_offsets,
                                .memory_length = b.memory_length};
  const float *hidden = ig_decoder_forward(&p->nn, p->model, &b.decoder, &view);
  if (args->logits)
    ig_linear_forward(&p->nn, &p->model->output, n.target_rows, hidden, IG_ACTIVATION_NONE,
                      args->logits);
  if (!batch->target_output) return IG_OK;
  const ig_loss_args loss = {
      .output = p->model->output,
      .label_smoothing = args->label_smoothing,
      .gradient_scale = args->backward ? (float)(1.0 / args->normalizer) : 0.0f,
      .targets = batch->target_output};
  if (args->log_probs) {
    ig_loss_log_probs(&p->nn, &loss, n.target_rows, hidden, args->log_probs);
    return IG_OK;
  }
  const ig_loss_sums result =
      ig_loss_run(&p->nn, &loss, n.target_rows, hidden, args->backward ? b.hidden_gradient : NULL);
  if (args->backward) backward(p, args, &b, &view, memory);
  if (sums) *sums = result;
  return IG_OK;
}
