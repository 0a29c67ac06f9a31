// A file of torch.save, of either form: opened, every tensor read.
#include "input.h"

#include "io/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ig_safetensors *file = NULL;
  ig_error err = {0};
  if (ig_safetensors_open_file(write_input(data, size), &file, &err) != IG_OK) return 0;
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(file, i);
    // Deflate makes at most 1032 bytes of one, and no tensor has more values than are stored.
    if (tensor->bytes / 1032 > size) abort();
    unsigned char *bytes = malloc(tensor->bytes + 1);
    if (!bytes) abort();
    ig_safetensor_read_raw(tensor, bytes, &err);
    free(bytes);
  }
  ig_safetensors_close(file);
  return 0;
}
