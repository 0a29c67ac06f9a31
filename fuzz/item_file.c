// A binary file of items, as Marian writes its models: opened, every item read.
#include "input.h"

#include "base/file.h"
#include "io/item_file.h"

static void read_items(const ig_item_file *items, size_t size) {
  ig_error err;
  for (size_t i = 0; i < ig_item_file_count(items); i++) {
    const ig_safetensor *item = ig_item_file_get(items, i);
    // A quantised value of one byte is read as four.
    if (item->bytes / 4 > size) abort();
    unsigned char *bytes = malloc(item->bytes + 1);
    if (!bytes) abort();
    ig_safetensor_read_raw(item, bytes, &err);
    free(bytes);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *path = write_input(data, size);
  ig_file file = {0};
  ig_item_file *items = NULL;
  ig_error err = {0};
  if (ig_file_open(&file, path, &err) != IG_OK) abort();
  if (ig_item_file_open(&file, path, &items, &err) == IG_OK) read_items(items, size);
  ig_item_file_close(items);
  ig_file_close(&file);
  return 0;
}
