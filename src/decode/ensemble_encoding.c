#include "decode/ensemble_encoding.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

struct ig_ensemble_encoding {
  const ig_members *members;
  ig_head_run **runs;  // (members)
  float *mean;         // (rows, columns), of several members
};

static ig_status create_runs(ig_ensemble_encoding *e, ig_pool *pool,
                             const ig_encoder_run_size *size, ig_error *err) {
  const int count = e->members->count;
  e->runs = ig_allocate((size_t)count, sizeof *e->runs, err);
  if (!e->runs) return IG_ERROR_MEMORY;
  for (int m = 0; m < count; m++)
    IG_TRY(ig_head_run_create(e->members->list[m].model, pool, size, &e->runs[m], err));
  if (count == 1) return IG_OK;
  const size_t columns = (size_t)ig_config_outputs(&e->members->list[0].model->config);
  e->mean = ig_allocate((size_t)size->rows * columns + 1, sizeof *e->mean, err);
  return e->mean ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_ensemble_encoding_create(const ig_members *members, ig_pool *pool,
                                      const ig_encoder_run_size *size, ig_ensemble_encoding **out,
                                      ig_error *err) {
  *out = NULL;
  ig_ensemble_encoding *e = ig_allocate(1, sizeof *e, err);
  if (!e) return IG_ERROR_MEMORY;
  e->members = members;
  const ig_status status = create_runs(e, pool, size, err);
  if (status != IG_OK) {
    ig_ensemble_encoding_free(e);
    return status;
  }
  *out = e;
  return IG_OK;
}

void ig_ensemble_encoding_free(ig_ensemble_encoding *e) {
  if (!e) return;
  for (int m = 0; e->runs && m < e->members->count; m++) ig_head_run_free(e->runs[m]);
  free(e->runs);
  free(e->mean);
  free(e);
}

void ig_ensemble_encoding_watch(ig_ensemble_encoding *e, ig_interrupt_watch *watch) {
  for (int m = 0; m < e->members->count; m++) ig_head_run_watch(e->runs[m], watch);
}

ig_head_run_result ig_ensemble_encoding_run(ig_ensemble_encoding *e, int member,
                                            const ig_head_run_batch *batch) {
  ig_head_run_result result = ig_head_run_forward(e->runs[member], batch);
  if (!e->mean || !result.outputs) return result;
  const int rows = result.of_sequences ? batch->rows->sequences : ig_ragged_rows(batch->rows);
  const size_t values = (size_t)rows * (size_t)result.columns;
  const float weight = e->members->list[member].weight;
  for (size_t i = 0; i < values; i++) {
    const float part = weight * result.outputs[i];
    e->mean[i] = member == 0 ? part : e->mean[i] + part;
  }
  result.outputs = e->mean;
  return result;
}
