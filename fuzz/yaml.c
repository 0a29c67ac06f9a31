// A training configuration: YAML up to the first NUL byte, and after it assignments of --set, each
// ended by a NUL byte.
#include "input.h"

#include "train/train_config.h"

enum { MOST = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  if (!text) abort();
  memcpy(text, data, size);
  text[size] = '\0';
  const size_t length = strlen(text);
  const char *set[MOST];
  size_t count = 0;
  for (size_t at = length + 1; at < size && count < MOST; at += strlen(text + at) + 1)
    set[count++] = text + at;
  ig_train_config config;
  ig_error err = {0};
  // The caller frees a configuration only if loading it went well.
  if (ig_train_config_load(write_input(text, length), NULL, set, count, &config, &err) == IG_OK)
    ig_train_config_free(&config);
  free(text);
  return 0;
}
