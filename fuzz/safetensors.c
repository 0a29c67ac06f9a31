// A safetensors file: opened, every tensor looked at and read.
#include "input.h"

#include "io/quantized.h"
#include "io/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ig_safetensors *file = NULL;
  ig_error err = {0};
  if (ig_safetensors_open_file(write_input(data, size), &file, &err) != IG_OK) return 0;
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(file, i);
    if (ig_safetensors_find(file, tensor->name) != tensor) abort();
    float *values = malloc(tensor->elements * sizeof *values + 1);
    if (!values) abort();  // the tensor is in the file, so it is no larger than that
    ig_safetensor_read_float(tensor, values, tensor->elements, &err);
    if (tensor->quantized)
      ig_quantized_read_rows(tensor->quantized, 0, tensor->quantized->rows, (int8_t *)values, &err);
    free(values);
  }
  ig_safetensors_close(file);
  return 0;
}
