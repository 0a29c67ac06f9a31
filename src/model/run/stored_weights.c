#include "model/run/stored_weights.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/quantized.h"

static ig_status apply_adapters(const ig_lora *lora, size_t first, size_t count, float *to,
                                ig_error *err) {
  float *scratch = ig_allocate(ig_lora_scratch(lora, count), sizeof *scratch, err);
  if (!scratch) return IG_ERROR_MEMORY;
  const ig_status status = ig_lora_apply(lora, first, count, to, scratch, err);
  free(scratch);
  return status;
}

ig_status ig_stored_weights_read_rows(const ig_stored_weights *stored, size_t parameter,
                                      size_t first, size_t rows, float *to, ig_error *err) {
  const ig_safetensor *tensor = stored->tensors[parameter];
  const ig_lora lora = ig_lora_find(stored->adapters, tensor);
  const size_t width = tensor->shape[0] ? tensor->elements / tensor->shape[0] : 0;
  IG_TRY(ig_safetensor_read_part(tensor, first * width, rows * width, to, err));
  return lora.count ? apply_adapters(&lora, first * width, rows * width, to, err) : IG_OK;
}

ig_status ig_stored_weights_read(const ig_stored_weights *stored, size_t parameter, float *to,
                                 ig_error *err) {
  return ig_stored_weights_read_rows(stored, parameter, 0, stored->tensors[parameter]->shape[0], to,
                                     err);
}

const ig_quantized *ig_stored_weights_int8(const ig_stored_weights *stored, size_t parameter) {
  const ig_safetensor *tensor = stored->tensors[parameter];
  if (!tensor || ig_lora_find(stored->adapters, tensor).count) return NULL;
  return tensor->quantized;
}

ig_weight_type ig_stored_weights_type(const ig_stored_weights *stored, size_t count,
                                      ig_weight_type wanted) {
  if (wanted != IG_WEIGHT_TYPE_AS_STORED) return wanted;
  for (size_t i = 0; i < count; i++)
    if (stored->tensors[i] && stored->tensors[i]->quantized) return IG_WEIGHT_TYPE_INT8;
  return IG_WEIGHT_TYPE_FP32;
}
