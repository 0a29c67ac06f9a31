// A binary file of variables, as CTranslate2 writes its models: opened, every variable read.
#include "input.h"

#include "base/file.h"
#include "io/variable_file.h"

static void read_variables(const ig_variable_file *variables, size_t size) {
  ig_error err;
  for (size_t i = 0; i < ig_variable_file_count(variables) && i < 100; i++) {
    const ig_safetensor *variable = ig_variable_file_get(variables, i);
    // A quantised value of one byte is read as four.
    if (variable->bytes / 4 > size) abort();
    unsigned char *bytes = malloc(variable->bytes + 1);
    if (!bytes) abort();
    ig_safetensor_read_raw(variable, bytes, &err);
    free(bytes);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *path = write_input(data, size);
  ig_file file = {0};
  ig_variable_file *variables = NULL;
  ig_error err = {0};
  if (ig_file_open(&file, path, &err) != IG_OK) abort();
  if (ig_variable_file_open(&file, path, &variables, &err) == IG_OK)
    read_variables(variables, size);
  ig_variable_file_close(variables);
  ig_file_close(&file);
  return 0;
}
