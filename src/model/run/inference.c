// Encoding and stepping for decoders: the layers of training over a cache of keys and values.
#include "model/run/inference.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/run/decoder.h"
#include "model/run/encoder.h"

struct ig_inference {
  const ig_model *model;
  ig_nn nn;
  ig_inference_size size;
  ig_arena arena, scratch;
  ig_encoder_layer_state *encoder_layers;
  ig_decoder_layer_state *decoder_layers;
  ig_encoder_state encoder;
  ig_decoder_state decoder;
  float **key_value;   // (decoder_layers): (memory_rows, 2d)
  float **joining;     // (decoder_layers): where in key_value those go that are being encoded
  ig_kv_cache *cache;  // (decoder_layers)
  float *positions;    // (position_count, d)
  float *logits;       // (slots, V)
  int *sentence_begin, *sentence_length;  // (sentences): rows of key_value
  int *taken, taken_count;                // (sentences): places in use, in the order of their rows
  int *places;                            // (sentences): 0, 1, 2, …
  int *memory_begin, *memory_length;      // (slots)
  int *row_offsets;     // (slots + 1): 0, 1, 2, …: each row is a sequence of one query
  int *store, *length;  // (slots)
};

static int position_count(const ig_inference_size *size) {
  return size->longest > size->max_length ? size->longest : size->max_length;
}

static void carve(ig_inference *p, ig_arena *arena) {
  const ig_config *c = &p->model->config;
  const size_t d = (size_t)c->d_model, slots = (size_t)p->size.slots;
  p->encoder.layers = p->encoder_layers;
  p->decoder.layers = p->decoder_layers;
  ig_encoder_carve(&p->encoder, arena, p->model, p->size.source_rows, IG_KEEPING_NOTHING);
  ig_decoder_carve(&p->decoder, arena, p->model, p->size.slots, IG_KEEPING_NOTHING);
  p->logits = IG_TAKE(arena, float, slots *(size_t)c->target_vocab_size);
  p->positions = IG_TAKE(arena, float, (size_t)position_count(&p->size) * d);
  p->sentence_begin = IG_TAKE(arena, int, p->size.sentences);
  p->sentence_length = IG_TAKE(arena, int, p->size.sentences);
  p->taken = IG_TAKE(arena, int, p->size.sentences);
  p->places = IG_TAKE(arena, int, p->size.sentences);
  p->memory_begin = IG_TAKE(arena, int, slots);
  p->memory_length = IG_TAKE(arena, int, slots);
  p->row_offsets = IG_TAKE(arena, int, slots + 1);
  p->store = IG_TAKE(arena, int, slots);
  p->length = IG_TAKE(arena, int, slots);
  for (int i = 0; i < c->decoder_layers; i++) {
    p->key_value[i] = IG_TAKE(arena, float, (size_t)p->size.memory_rows * 2 * d);
    p->cache[i] =
        (ig_kv_cache){.rows = IG_TAKE(arena, float, slots *(size_t)p->size.max_length * 2 * d),
                      .store = p->store,
                      .length = p->length,
                      .index_stride = (size_t)p->size.max_length};
  }
}

static size_t scratch_bytes(const ig_inference *p) {
  const ig_model *m = p->model;
  const ig_attention_sizes step = {.rows = p->size.slots,
                                   .memory_rows = p->size.source_rows,
                                   .max_keys = position_count(&p->size)};
  const size_t sizes[] = {
      ig_encoder_scratch(&p->nn, m, p->size.source_rows, p->size.longest, false),
      ig_decoder_scratch(&p->nn, m, &step), ig_linear_scratch(&p->nn, &m->output, p->size.slots)};
  size_t most = 0;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] > most) most = sizes[i];
  return most;
}

static ig_status reserve(ig_inference *p, ig_error *err) {
  ig_arena plan = ig_arena_measure();
  carve(p, &plan);
  if (plan.overflow)
    return ig_fail(err, IG_ERROR_MEMORY,
                   "%d hypotheses of %d positions need more memory than can be addressed",
                   p->size.slots, p->size.max_length);
  IG_TRY(ig_arena_create(&p->arena, plan.peak, err));
  carve(p, &p->arena);
  IG_TRY(ig_arena_create(&p->scratch, scratch_bytes(p), err));
  p->nn.scratch = &p->scratch;
  ig_sinusoids(p->model->config.positions, position_count(&p->size), p->model->config.d_model,
               p->positions);
  for (int i = 0; i <= p->size.slots; i++) p->row_offsets[i] = i;
  for (int i = 0; i < p->size.sentences; i++) p->places[i] = i;
  return IG_OK;
}

static ig_status create_empty(const ig_model *model, ig_pool *pool, const ig_inference_size *size,
                              ig_inference **out, ig_error *err) {
  const size_t layers = (size_t)model->config.decoder_layers;
  ig_inference *p = ig_allocate(1, sizeof *p, err);
  if (!p) return IG_ERROR_MEMORY;
  p->model = model;
  p->nn = (ig_nn){.pool = pool};
  p->size = *size;
  p->encoder_layers =
      ig_allocate((size_t)model->config.encoder_layers, sizeof *p->encoder_layers, err);
  p->decoder_layers = ig_allocate(layers, sizeof *p->decoder_layers, err);
  p->key_value = ig_allocate(layers, sizeof *p->key_value, err);
  p->joining = ig_allocate(layers, sizeof *p->joining, err);
  p->cache = ig_allocate(layers, sizeof *p->cache, err);
  ig_status status =
      p->encoder_layers && p->decoder_layers && p->key_value && p->joining && p->cache
          ? IG_OK
          : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_kernels_select(&p->nn.kernels, err);
  if (status != IG_OK) {
    ig_inference_free(p);
    return status;
  }
  *out = p;
  return IG_OK;
}

ig_status ig_inference_create(const ig_model *model, ig_pool *pool, const ig_inference_size *size,
                              ig_inference **out, ig_error *err) {
  IG_TRY(create_empty(model, pool, size, out, err));
  const ig_status status = reserve(*out, err);
  if (status == IG_OK) return IG_OK;
  ig_inference_free(*out);
  *out = NULL;
  return status;
}

ig_status ig_inference_measure(const ig_model *model, ig_pool *pool, const ig_inference_size *size,
                               size_t *bytes, ig_error *err) {
  ig_inference *p;
  IG_TRY(create_empty(model, pool, size, &p, err));
  ig_arena plan = ig_arena_measure();
  carve(p, &plan);
  *bytes = plan.peak + scratch_bytes(p);
  ig_inference_free(p);
  return plan.overflow
             ? ig_fail(err, IG_ERROR_MEMORY, "%d hypotheses need more memory than can be addressed",
                       size->slots)
             : IG_OK;
}

void ig_inference_free(ig_inference *p) {
  if (!p) return;
  ig_arena_free(&p->arena);
  ig_arena_free(&p->scratch);
  free(p->encoder_layers);
  free(p->decoder_layers);
  free(p->key_value);
  free(p->joining);
  free(p->cache);
  free(p);
}

// ---- the memory of encoded sentences: each takes a stretch of rows ----------

// The rows between the place before taken[i] and taken[i] itself; behind the last one for i =
// taken_count.
static int gap(const ig_inference *p, int i, int *begin) {
  const int before = i > 0 ? p->taken[i - 1] : -1;
  *begin = before < 0 ? 0 : p->sentence_begin[before] + p->sentence_length[before];
  return (i < p->taken_count ? p->sentence_begin[p->taken[i]] : p->size.memory_rows) - *begin;
}

int ig_inference_room(const ig_inference *p) {
  int most = 0, begin;
  for (int i = 0; i <= p->taken_count; i++)
    if (gap(p, i, &begin) > most) most = gap(p, i, &begin);
  return most < p->size.source_rows ? most : p->size.source_rows;
}

// The first gap of enough rows; the sentences' places stand there from now on. Returns its first
// row.
static int take_memory(ig_inference *p, const int *places, const ig_ragged *sentences) {
  int at = 0, begin;
  while (gap(p, at, &begin) < ig_ragged_rows(sentences)) at++;
  const int count = sentences->sequences;
  memmove(p->taken + at + count, p->taken + at, (size_t)(p->taken_count - at) * sizeof *p->taken);
  p->taken_count += count;
  for (int s = 0; s < count; s++) {
    p->taken[at + s] = places[s];
    p->sentence_begin[places[s]] = begin + sentences->offsets[s];
    p->sentence_length[places[s]] = sentences->offsets[s + 1] - sentences->offsets[s];
  }
  return begin;
}

void ig_inference_leave(ig_inference *p, int place) {
  int at = 0;
  while (p->taken[at] != place) at++;
  p->taken_count--;
  memmove(p->taken + at, p->taken + at + 1, (size_t)(p->taken_count - at) * sizeof *p->taken);
}

void ig_inference_leave_all(ig_inference *p) { p->taken_count = 0; }

void ig_inference_join(ig_inference *p, const int *places, const int *ids,
                       const ig_ragged *sentences) {
  assert(ig_ragged_rows(sentences) <= ig_inference_room(p) &&
         p->taken_count + sentences->sequences <= p->size.sentences);
  const ig_attention_mask unmasked = {0};
  const size_t first = (size_t)take_memory(p, places, sentences);
  const float *memory =
      ig_encoder_forward(&p->nn, p->model, &p->encoder, sentences, ids, p->positions, &unmasked);
  for (int i = 0; i < p->model->config.decoder_layers; i++)
    p->joining[i] = p->key_value[i] + first * 2 * (size_t)p->model->config.d_model;
  ig_decoder_memory(&p->nn, p->model, ig_ragged_rows(sentences), memory, p->joining);
}

void ig_inference_encode(ig_inference *p, const int *ids, const ig_ragged *sentences) {
  ig_inference_leave_all(p);
  ig_inference_join(p, p->places, ids, sentences);
}

float *ig_inference_run(ig_inference *p, const ig_inference_step *step) {
  const size_t stride = (size_t)p->size.max_length;
  for (int r = 0; r < step->rows; r++) {
    p->memory_begin[r] = p->sentence_begin[step->sentence[r]];
    p->memory_length[r] = p->sentence_length[step->sentence[r]];
    p->store[r] = step->history[(size_t)r * stride + (size_t)step->position[r]];
    p->length[r] = step->position[r] + 1;
  }
  for (int i = 0; i < p->model->config.decoder_layers; i++) p->cache[i].index = step->history;
  const ig_decoder_view view = {.rows = {step->rows, p->row_offsets},
                                .ids = step->ids,
                                .position = step->position,
                                .positions = p->positions,
                                .key_value = p->key_value,
                                .memory_begin = p->memory_begin,
                                .memory_length = p->memory_length,
                                .cache = p->cache};
  const float *hidden = ig_decoder_forward(&p->nn, p->model, &p->decoder, &view);
  ig_linear_forward(&p->nn, &p->model->output, step->rows, hidden, IG_ACTIVATION_NONE, p->logits);
  return p->logits;
}
