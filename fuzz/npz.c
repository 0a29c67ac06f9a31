// An archive of numpy's arrays: opened, every array read.
#include "input.h"

#include "base/file.h"
#include "io/npz.h"

static void read_arrays(const ig_npz *npz, size_t size) {
  ig_error err;
  for (size_t i = 0; i < ig_npz_count(npz); i++) {
    const ig_safetensor *array = ig_npz_get(npz, i);
    // Deflate makes at most 1032 bytes of one.
    if (array->bytes / 1032 > size) abort();
    unsigned char *bytes = malloc(array->bytes + 1);
    if (!bytes) abort();
    ig_safetensor_read_raw(array, bytes, &err);
    free(bytes);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *path = write_input(data, size);
  ig_file file = {0};
  ig_npz *npz = NULL;
  ig_error err = {0};
  if (ig_file_open(&file, path, &err) != IG_OK) abort();
  if (ig_npz_open(&file, path, &npz, &err) == IG_OK) read_arrays(npz, size);
  ig_npz_close(npz);
  ig_file_close(&file);
  return 0;
}
