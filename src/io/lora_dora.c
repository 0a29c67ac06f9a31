#include "io/lora_dora.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

enum { VALUES = 1 << 15 };  // read at a time, unless a row has more

typedef struct dora_norms {
  const ig_lora_change *product;
  const ig_lora_changes *before;
  size_t outputs;
  double *squares;  // (outputs)
  float *x, *scratch;
} dora_norms;

static bool is_of(const ig_lora_change *change, const ig_safetensor *weight) {
  return change->weight == weight;
}

static ig_status read_changed(const dora_norms *d, size_t first, size_t count, ig_error *err) {
  const ig_safetensor *weight = d->product->weight;
  IG_TRY(ig_safetensor_read_part(weight, first, count, d->x, err));
  for (size_t i = 0; i < d->before->count; i++)
    if (is_of(&d->before->items[i], weight))
      IG_TRY(ig_lora_change_apply(&d->before->items[i], first, count, d->x, d->scratch, err));
  return ig_lora_change_apply(d->product, first, count, d->x, d->scratch, err);
}

static ig_status add_squares(const dora_norms *d, size_t step, ig_error *err) {
  const ig_safetensor *weight = d->product->weight;
  const size_t columns = weight->elements / weight->shape[0];
  for (size_t first = 0; first < weight->elements; first += step) {
    const size_t left = weight->elements - first, count = left < step ? left : step;
    IG_TRY(read_changed(d, first, count, err));
    for (size_t i = 0; i < count; i++) {
      const size_t at = first + i, output = d->product->transposed ? at % columns : at / columns;
      d->squares[output] += (double)d->x[i] * (double)d->x[i];
    }
  }
  return IG_OK;
}

static ig_status divide(const dora_norms *d, const ig_safetensor *magnitude, float *factors,
                        ig_error *err) {
  IG_TRY(ig_safetensor_read_part(magnitude, 0, d->outputs, factors, err));
  for (size_t i = 0; i < d->outputs; i++) {
    factors[i] = (float)((double)factors[i] / sqrt(d->squares[i]));
    if (!isfinite(factors[i]))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s: value %zu: output %zu of %s has no length to be divided by",
                     magnitude->file, magnitude->name, i + 1, i + 1, d->product->weight->name);
  }
  return IG_OK;
}

static size_t scratch_of(const dora_norms *d, size_t count) {
  size_t most = ig_lora_change_scratch(d->product, count);
  for (size_t i = 0; i < d->before->count; i++) {
    const ig_lora_change *change = &d->before->items[i];
    if (!is_of(change, d->product->weight)) continue;
    const size_t needed = ig_lora_change_scratch(change, count);
    most = needed > most ? needed : most;
  }
  return most;
}

ig_status ig_lora_dora_set_factors(ig_lora_change *product, const ig_safetensor *magnitude,
                                   const ig_lora_changes *before, ig_error *err) {
  const ig_safetensor *weight = product->weight;
  const size_t columns = weight->elements / weight->shape[0],
               step = columns < VALUES ? VALUES / columns * columns : columns;
  dora_norms d = {.product = product, .before = before, .outputs = product->b->shape[0]};
  float *factors = ig_allocate(d.outputs, sizeof *factors, err);
  d.squares = ig_allocate(d.outputs, sizeof *d.squares, err);
  d.x = ig_allocate(step, sizeof *d.x, err);
  d.scratch = ig_allocate(scratch_of(&d, step), sizeof *d.scratch, err);
  ig_status status = factors && d.squares && d.x && d.scratch ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = add_squares(&d, step, err);
  if (status == IG_OK) status = divide(&d, magnitude, factors, err);
  free(d.scratch);
  free(d.x);
  free(d.squares);
  if (status == IG_OK)
    product->factors = factors;
  else
    free(factors);
  return status;
}
