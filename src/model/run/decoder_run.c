// A decoder and its head over a cache of keys and values.
#include "model/run/decoder_run.h"

#include <assert.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/head/head.h"
#include "model/run/decoder.h"
#include "model/run/seats.h"
#include "nn/scratch.h"

struct ig_decoder_run {
  ig_run_context *context;
  const ig_head *head;
  ig_decoder_run_size size;
  ig_arena arena;
  ig_decoder_state decoder;
  ig_seats seats;
  ig_kv_rows *key_value;              // (decoder_layers): (memory_rows, 2w)
  ig_kv_rows *joining;                // (decoder_layers): where in key_value the joining rows go
  ig_kv_cache *cache;                 // (decoder_layers)
  float *logits;                      // (slots, V); NULL: without
  int *memory_begin, *memory_length;  // (slots)
  int *row_offsets;           // (slots + 1): 0, 1, 2, …: each row is a sequence of one query
  int *store, *length;        // (slots)
  float *attention;           // (slots, longest), if a layer is attended
  size_t *attention_offsets;  // (slots)
};

static ig_status create_without_buffers(ig_run_context *context, const ig_decoder_run_size *size,
                                        ig_decoder_run **out, ig_error *err) {
  const size_t layers = (size_t)context->model->config.decoder.layers;
  ig_decoder_run *run = ig_allocate(1, sizeof *run, err);
  if (!run) return IG_ERROR_MEMORY;
  run->context = context;
  run->head = ig_head_of(context->model);
  run->size = *size;
  run->key_value = ig_allocate(layers, sizeof *run->key_value, err);
  run->joining = ig_allocate(layers, sizeof *run->joining, err);
  run->cache = ig_allocate(layers, sizeof *run->cache, err);
  ig_status status = run->key_value && run->joining && run->cache ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_decoder_create(context->model, &run->decoder, err);
  if (status != IG_OK) {
    ig_decoder_run_free(run);
    return status;
  }
  *out = run;
  return IG_OK;
}

static void carve_buffers(ig_decoder_run *run, ig_arena *arena) {
  const ig_model *model = run->context->model;
  const ig_decoder_run_size *size = &run->size;
  const size_t slots = (size_t)size->slots;
  ig_decoder_carve(&run->decoder, arena, model, size->slots, IG_KEEPING_NOTHING);
  ig_seats_carve(&run->seats, arena, size->seats, size->memory_rows);
  if (!size->without_logits)
    run->logits = IG_TAKE(arena, float, slots *(size_t)run->head->outputs(model));
  run->memory_begin = IG_TAKE(arena, int, slots);
  run->memory_length = IG_TAKE(arena, int, slots);
  run->row_offsets = IG_TAKE(arena, int, slots + 1);
  run->store = IG_TAKE(arena, int, slots);
  run->length = IG_TAKE(arena, int, slots);
  if (size->attended > 0) {
    run->attention = IG_TAKE(arena, float, slots *(size_t)size->longest);
    run->attention_offsets = IG_TAKE(arena, size_t, slots);
  }
  const bool bf16 = model->weight_type == IG_WEIGHT_TYPE_INT8,
             cells = model->config.decoder.recurrent;
  for (int i = 0; i < model->config.decoder.layers; i++) {
    const ig_decoder_layer *layer = &model->decoder[i];
    const size_t self_width = ig_multi_head_attention_width(&layer->self_attention),
                 cross_width = ig_multi_head_attention_width(&layer->cross_attention),
                 cached = slots * (size_t)size->max_length;
    run->key_value[i] = ig_kv_rows_take(arena, bf16, (size_t)size->memory_rows * 2 * cross_width);
    run->cache[i] =
        (ig_kv_cache){.rows = ig_kv_rows_take(arena, bf16 && !cells, cached * 2 * self_width),
                      .store = run->store,
                      .length = run->length,
                      .index_stride = (size_t)size->max_length};
  }
}

static ig_run_needs measure_needs(ig_decoder_run *run) {
  const ig_decoder_run_size *size = &run->size;
  const ig_attention_sizes sizes = {
      .rows = size->slots,
      .memory_rows = size->joining_rows,
      .max_keys = size->longest > size->max_length ? size->longest : size->max_length};
  ig_arena plan = ig_arena_measure();
  carve_buffers(run, &plan);
  return (ig_run_needs){
      .state = plan.peak,
      .scratch = IG_SCRATCH_MOST(
          ig_decoder_scratch(run->context, &sizes),
          run->head->read_scratch(&run->context->nn, run->context->model, size->slots)),
      .positions = size->max_length,
      .overflow = plan.overflow};
}

static ig_status reserve_buffers(ig_decoder_run *run, ig_error *err) {
  const ig_run_needs needs = measure_needs(run);
  IG_TRY(ig_run_context_reserve(run->context, &needs, NULL, err));
  IG_TRY(ig_arena_create(&run->arena, needs.state, err));
  carve_buffers(run, &run->arena);
  for (int i = 0; i <= run->size.slots; i++) run->row_offsets[i] = i;
  for (int i = 0; run->attention && i < run->size.slots; i++)
    run->attention_offsets[i] = (size_t)i * (size_t)run->size.longest;
  return IG_OK;
}

ig_status ig_decoder_run_create(ig_run_context *context, const ig_decoder_run_size *size,
                                ig_decoder_run **out, ig_error *err) {
  *out = NULL;
  ig_decoder_run *run;
  IG_TRY(create_without_buffers(context, size, &run, err));
  const ig_status status = reserve_buffers(run, err);
  if (status != IG_OK) {
    ig_decoder_run_free(run);
    return status;
  }
  *out = run;
  return IG_OK;
}

ig_status ig_decoder_run_measure(ig_run_context *context, const ig_decoder_run_size *size,
                                 ig_run_needs *out, ig_error *err) {
  ig_decoder_run *run;
  IG_TRY(create_without_buffers(context, size, &run, err));
  *out = measure_needs(run);
  ig_decoder_run_free(run);
  return IG_OK;
}

void ig_decoder_run_free(ig_decoder_run *run) {
  if (!run) return;
  ig_arena_free(&run->arena);
  ig_decoder_free(&run->decoder);
  free(run->key_value);
  free(run->joining);
  free(run->cache);
  free(run);
}

int ig_decoder_run_threads(const ig_decoder_run *run) {
  return ig_pool_threads(run->context->nn.pool);
}

int ig_decoder_run_free_rows(const ig_decoder_run *run) {
  const int gap = ig_seats_largest_gap(&run->seats);
  return gap < run->size.joining_rows ? gap : run->size.joining_rows;
}

void ig_decoder_run_join(ig_decoder_run *run, const int *seats, const float *memory,
                         const ig_ragged *sentences) {
  const ig_model *model = run->context->model;
  assert(ig_ragged_rows(sentences) <= run->size.joining_rows);
  const size_t first = (size_t)ig_seats_take(&run->seats, seats, sentences);
  for (int i = 0; i < model->config.decoder.layers; i++)
    run->joining[i] = ig_kv_rows_from(
        run->key_value[i],
        first * 2 * ig_multi_head_attention_width(&model->decoder[i].cross_attention));
  ig_decoder_memory(run->context, ig_ragged_rows(sentences), memory, run->joining);
}

void ig_decoder_run_leave(ig_decoder_run *run, int seat) { ig_seats_leave(&run->seats, seat); }

void ig_decoder_run_leave_all(ig_decoder_run *run) { ig_seats_leave_all(&run->seats); }

// Returns what the decoder makes of the step, (rows, d_model).
static const float *run_layers(ig_decoder_run *run, const ig_decoder_step *step) {
  const ig_model *model = run->context->model;
  const size_t stride = (size_t)run->size.max_length;
  for (int r = 0; r < step->rows; r++) {
    run->memory_begin[r] = run->seats.begin[step->seat[r]];
    run->memory_length[r] = run->seats.length[step->seat[r]];
    run->store[r] = step->history[(size_t)r * stride + (size_t)step->position[r]];
    run->length[r] = step->position[r] + 1;
  }
  for (int i = 0; i < model->config.decoder.layers; i++) run->cache[i].index = step->history;
  const ig_attended attended = {run->size.attended - 1,
                                {-1, run->attention_offsets, run->attention}};
  const ig_decoder_view view = {.attended = run->attention ? &attended : NULL,
                                .rows = {step->rows, run->row_offsets},
                                .ids = step->ids,
                                .position = step->position,
                                .key_value = run->key_value,
                                .memory_begin = run->memory_begin,
                                .memory_length = run->memory_length,
                                .cache = run->cache};
  return ig_decoder_forward(run->context, &run->decoder, &view);
}

float *ig_decoder_run_step(ig_decoder_run *run, const ig_decoder_step *step) {
  assert(run->logits);
  const float *hidden = run_layers(run, step);
  run->head->forward(&run->context->nn, run->context->model, step->rows, hidden, run->logits);
  return run->logits;
}

void ig_decoder_run_read(ig_decoder_run *run, const ig_decoder_step *step,
                         const ig_gemm_reader *reader) {
  const float *hidden = run_layers(run, step);
  run->head->read(&run->context->nn, run->context->model, step->rows, hidden, reader);
}

void ig_decoder_run_read_layer(ig_decoder_run *run, const ig_decoder_step *step,
                               const ig_linear *output, const ig_gemm_reader *reader) {
  const float *hidden = run_layers(run, step);
  ig_linear_read(&run->context->nn, output, step->rows, hidden, reader);
}

const float *ig_decoder_run_attention(const ig_decoder_run *run) { return run->attention; }
