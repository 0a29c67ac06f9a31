#include "fuse/run/probe.h"

#include "base/fail.h"
#include "base/random.h"
#include "fuse/run/values.h"

enum { STRETCHES_A_TASK = 16 };

typedef struct probe_drawing {
  const ig_probe *probe;
  const ig_probe_request *request;
  size_t stretches;
} probe_drawing;

static ig_status draw_stretch(const probe_drawing *d, size_t index, ig_error *err) {
  enum { COUNT = IG_PROBE_STRETCH };
  const ig_plan_tensor *t = d->request->tensor;
  const size_t part = t->elements / d->stretches, to = index * COUNT;
  const double place = ig_random_uniform(0, d->stretches, index);
  const size_t first = index * part + (size_t)(place * (double)(part - COUNT));
  ig_values_source from = {.recipe = d->request->recipe, .tensor = t};
  for (size_t i = 0; i < t->inputs; i++) {
    from.input = &t->input[i];
    IG_TRY(ig_values_read(&from, first, COUNT, d->probe->x[i] + to, err));
  }
  from.input = &t->base;
  return t->base.tensor ? ig_values_read(&from, first, COUNT, d->probe->base + to, err) : IG_OK;
}

static ig_status draw_task(void *context, size_t index, int worker, ig_error *err) {
  (void)worker;
  const probe_drawing *d = context;
  const size_t first = index * STRETCHES_A_TASK, end = first + STRETCHES_A_TASK;
  for (size_t i = first; i < end && i < d->stretches; i++) IG_TRY(draw_stretch(d, i, err));
  return IG_OK;
}

static bool has_adapter(const ig_plan_tensor *t) {
  for (size_t i = 0; i < t->inputs; i++)
    if (t->input[i].lora.count) return true;
  return t->base.lora.count > 0;
}

ig_status ig_probe_draw(const ig_probe *probe, const ig_probe_request *request, ig_pool *pool,
                        ig_merge_block *out, ig_error *err) {
  const ig_plan_tensor *t = request->tensor;
  probe_drawing d = {
      .probe = probe, .request = request, .stretches = request->values / IG_PROBE_STRETCH};
  *out = (ig_merge_block){.x = (const float *const *)probe->x,
                          .base = t->base.tensor ? probe->base : NULL,
                          .scratch = probe->scratch};
  if (d.stretches == 0 || t->elements / d.stretches < IG_PROBE_STRETCH || has_adapter(t))
    return IG_OK;
  const size_t tasks = (d.stretches + STRETCHES_A_TASK - 1) / STRETCHES_A_TASK;
  out->rows = 1;
  out->count = d.stretches * IG_PROBE_STRETCH;
  return ig_pool_try(pool, tasks, draw_task, &d, err);
}
