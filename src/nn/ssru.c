// The simpler simple recurrent unit, forward and backward.
#include "nn/ssru.h"

#include <math.h>
#include <string.h>

#include "nn/rows.h"
#include "nn/scratch.h"

static size_t width_of(const ig_ssru *ssru) { return (size_t)ssru->candidate.out; }

void ig_ssru_carve(ig_ssru_state *state, ig_arena *arena, const ig_ssru *ssru, int rows) {
  const size_t count = (size_t)rows * width_of(ssru);
  state->candidate = IG_TAKE(arena, float, count);
  state->forget = IG_TAKE(arena, float, count);
  state->cell = IG_TAKE(arena, float, count);
}

// ---- forward ----------------------------------------------------------------

typedef struct ssru_work {
  const ig_ssru_state *state;
  const ig_self_attention_args *args;
  size_t width;
  float *output;  // (rows, d)
} ssru_work;

// The cell that sequence s has before its new rows; NULL: zeros.
static const float *past_cell(const ssru_work *w, size_t s) {
  const ig_kv_cache *cache = w->args->cache;
  if (!cache) return NULL;
  const int *offsets = w->args->rows.offsets,
            past = cache->length[s] - (offsets[s + 1] - offsets[s]);
  if (past <= 0) return NULL;
  const int row = cache->index[s * cache->index_stride + (size_t)past - 1];
  return cache->rows.fp32 + (size_t)row * w->width;
}

// before NULL: zeros.
static void step_row(const ssru_work *w, size_t row, const float *before) {
  const size_t at = row * w->width;
  const float *candidate = w->state->candidate + at;
  float *forget = w->state->forget + at, *cell = w->state->cell + at, *output = w->output + at;
  for (size_t j = 0; j < w->width; j++) {
    const float f = 1.0f / (1.0f + expf(-forget[j]));
    const float c = f * (before ? before[j] : 0.0f) + (1.0f - f) * candidate[j];
    forget[j] = f;
    cell[j] = c;
    output[j] = c > 0 ? c : 0.0f;
  }
}

static void forward_sequences(const void *context, size_t first, size_t last) {
  const ssru_work *w = context;
  const ig_kv_cache *cache = w->args->cache;
  for (size_t s = first; s < last; s++) {
    const float *before = past_cell(w, s);
    const size_t end = (size_t)w->args->rows.offsets[s + 1];
    for (size_t r = (size_t)w->args->rows.offsets[s]; r < end; r++) {
      step_row(w, r, before);
      before = w->state->cell + r * w->width;
      if (cache)
        memcpy(cache->rows.fp32 + (size_t)cache->store[r] * w->width, before,
               w->width * sizeof *before);
    }
  }
}

// What a sequence costs, for the split over threads: they are of one length, about.
static size_t cost_of(const ig_ragged *rows, size_t width) {
  const size_t sequences = rows->sequences > 0 ? (size_t)rows->sequences : 1;
  return 20 * width * ((size_t)ig_ragged_rows(rows) / sequences + 1);
}

void ig_ssru_forward(ig_nn *nn, const ig_ssru *ssru, const ig_ssru_state *state,
                     const ig_self_attention_args *args, const float *input, float *output) {
  const int rows = ig_ragged_rows(&args->rows);
  const size_t width = width_of(ssru);
  ig_linear_forward(nn, &ssru->candidate, rows, input, IG_ACTIVATION_NONE, state->candidate);
  ig_linear_forward(nn, &ssru->forget, rows, input, IG_ACTIVATION_NONE, state->forget);
  const ssru_work w = {.state = state, .args = args, .width = width, .output = output};
  ig_rows_run(nn, (size_t)args->rows.sequences, cost_of(&args->rows, width), forward_sequences, &w);
}

// ---- backward ---------------------------------------------------------------

typedef struct ssru_backward_work {
  const ig_ssru_state *state;
  const ig_ragged *rows;
  size_t width;
  const float *doutput;         // (rows, d)
  float *dcandidate, *dforget;  // (rows, d): of W x, and of Wf x + bf
} ssru_backward_work;

// Column j of one sequence, from its last row to its first. With dc_t = [c_t > 0] dh_t + f_{t+1}
// dc_{t+1}: the gradient of W x_t is (1 - f_t) dc_t, that of f_t is (c_{t-1} - W x_t) dc_t.
static void backward_column(const ssru_backward_work *w, size_t first, size_t end, size_t j) {
  const ig_ssru_state *s = w->state;
  float carried = 0;
  for (size_t r = end; r-- > first;) {
    const size_t at = r * w->width + j;
    const float f = s->forget[at], before = r > first ? s->cell[at - w->width] : 0.0f;
    const float dc = (s->cell[at] > 0 ? w->doutput[at] : 0.0f) + carried;
    w->dcandidate[at] = (1.0f - f) * dc;
    w->dforget[at] = (before - s->candidate[at]) * dc * f * (1.0f - f);
    carried = f * dc;
  }
}

static void backward_sequences(const void *context, size_t first, size_t last) {
  const ssru_backward_work *w = context;
  for (size_t s = first; s < last; s++)
    for (size_t j = 0; j < w->width; j++)
      backward_column(w, (size_t)w->rows->offsets[s], (size_t)w->rows->offsets[s + 1], j);
}

static void take_gradients(ig_arena *scratch, size_t count, ssru_backward_work *w) {
  w->dcandidate = IG_TAKE(scratch, float, count);
  w->dforget = IG_TAKE(scratch, float, count);
}

void ig_ssru_backward(ig_nn *nn, const ig_ssru *ssru, const ig_ssru_state *state,
                      const ig_ragged *rows, const float *input,
                      const ig_layer_gradient *gradient) {
  const int count = ig_ragged_rows(rows);
  const size_t width = width_of(ssru), mark = ig_arena_mark(nn->scratch);
  ssru_backward_work w = {
      .state = state, .rows = rows, .width = width, .doutput = gradient->doutput};
  take_gradients(nn->scratch, (size_t)count * width, &w);
  ig_rows_run(nn, (size_t)rows->sequences, cost_of(rows, width), backward_sequences, &w);
  ig_linear_backward(nn, &ssru->candidate, count, input,
                     &(ig_layer_gradient){w.dcandidate, gradient->dinput, gradient->accumulate});
  ig_linear_backward(nn, &ssru->forget, count, input,
                     &(ig_layer_gradient){w.dforget, gradient->dinput, true});
  ig_arena_release(nn->scratch, mark);
}

size_t ig_ssru_scratch(const ig_nn *nn, const ig_ssru *ssru, int rows, bool training) {
  ig_arena plan = ig_arena_measure();
  ssru_backward_work unused;
  if (training) take_gradients(&plan, (size_t)rows * width_of(ssru), &unused);
  return plan.peak + IG_SCRATCH_MOST(ig_linear_scratch(nn, &ssru->candidate, rows),
                                     ig_linear_scratch(nn, &ssru->forget, rows));
}
