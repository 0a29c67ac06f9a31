#include "fuse/run/probe.h"

#include <pthread.h>

#include "base/fail.h"
#include "base/random.h"
#include "fuse/run/values.h"

enum { PIECE = IG_PROBE_STRETCH, PIECES_A_TASK = 16 };

typedef struct drawing {
  const ig_probe *sample;
  const ig_recipe *recipe;
  const ig_plan_tensor *tensor;
  size_t pieces;
  pthread_mutex_t mutex;  // of what follows
  ig_status status;
  ig_error *err;
} drawing;

static ig_status draw_piece(const drawing *d, size_t piece, ig_error *err) {
  const ig_plan_tensor *t = d->tensor;
  const size_t part = t->elements / d->pieces, to = piece * PIECE;
  const size_t first =
      piece * part + (size_t)(ig_random_uniform(0, d->pieces, piece) * (double)(part - PIECE));
  for (size_t i = 0; i < t->inputs; i++)
    IG_TRY(
        ig_values_read(d->recipe, t, &t->input[i], first, PIECE, d->sample->x[i] + to, NULL, err));
  return t->base.tensor
             ? ig_values_read(d->recipe, t, &t->base, first, PIECE, d->sample->base + to, NULL, err)
             : IG_OK;
}

static void draw_task(void *context, size_t index, int worker) {
  (void)worker;
  drawing *d = context;
  ig_error err;
  for (size_t i = index * PIECES_A_TASK; i < (index + 1) * PIECES_A_TASK && i < d->pieces; i++) {
    const ig_status status = draw_piece(d, i, &err);
    if (status == IG_OK) continue;
    pthread_mutex_lock(&d->mutex);
    d->status = ig_fail(d->err, status, "%s", err.message);
    pthread_mutex_unlock(&d->mutex);
    return;
  }
}

static bool has_adapter(const ig_plan_tensor *t) {
  for (size_t i = 0; i < t->inputs; i++)
    if (t->input[i].lora.a) return true;
  return t->base.lora.a != NULL;
}

ig_status ig_probe_draw(const ig_probe *sample, const ig_recipe *recipe,
                        const ig_plan_tensor *tensor, size_t values, ig_pool *pool,
                        ig_merge_block *out, ig_error *err) {
  drawing d = {.sample = sample,
               .recipe = recipe,
               .tensor = tensor,
               .pieces = values / PIECE,
               .status = IG_OK,
               .err = err};
  *out = (ig_merge_block){.x = (const float *const *)sample->x,
                          .base = tensor->base.tensor ? sample->base : NULL,
                          .scratch = sample->scratch};
  if (d.pieces == 0 || tensor->elements / d.pieces < PIECE || has_adapter(tensor)) return IG_OK;
  pthread_mutex_init(&d.mutex, NULL);
  ig_pool_run(pool, (d.pieces + PIECES_A_TASK - 1) / PIECES_A_TASK, draw_task, &d);
  pthread_mutex_destroy(&d.mutex);
  out->rows = 1;
  out->count = d.pieces * PIECE;
  return d.status;
}
