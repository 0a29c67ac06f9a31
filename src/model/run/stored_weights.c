#include "model/run/stored_weights.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

static ig_status add_adapter(const ig_lora *lora, size_t rows, float *to, ig_error *err) {
  float *scratch = ig_allocate(ig_lora_scratch(lora, rows), sizeof *scratch, err);
  if (!scratch) return IG_ERROR_MEMORY;
  const ig_status status = ig_lora_add(lora, 0, rows, to, scratch, err);
  free(scratch);
  return status;
}

ig_status ig_stored_weights_read(const ig_stored_weights *stored, size_t parameter, float *to,
                                 size_t count, ig_error *err) {
  const ig_safetensor *tensor = stored->tensors[parameter];
  const ig_lora lora = ig_lora_find(stored->adapter, tensor);
  IG_TRY(ig_safetensors_read_weights(tensor, to, count, err));
  return lora.a ? add_adapter(&lora, tensor->shape[0], to, err) : IG_OK;
}
