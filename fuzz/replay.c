// main for targets built without libFuzzer: runs every file of the directories given, then each of
// them cut short and with single bytes changed.
#include "input.h"

#include <dirent.h>

static uint8_t *read_whole(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) return NULL;
  const long end = ftell(file);
  uint8_t *data = malloc((size_t)end + 1);
  rewind(file);
  *size = data ? fread(data, 1, (size_t)end, file) : 0;
  fclose(file);
  return data;
}

// The input is copied, so that a sanitizer sees a read after its end.
static void run_input(const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size ? size : 1);
  if (!copy) abort();
  memcpy(copy, data, size);
  LLVMFuzzerTestOneInput(copy, size);
  free(copy);
}

static size_t steps = 150;  // places of an input that are tried; -steps=N: another number

static void run_variants(uint8_t *data, size_t size) {
  static const uint8_t changes[] = {0x00, 0x7F, 0xFF};
  const size_t step = size / steps + 1;
  run_input(data, size);
  for (size_t at = 0; at < size; at += step) {
    run_input(data, at);
    const uint8_t old = data[at];
    for (size_t c = 0; c < sizeof changes; c++) {
      data[at] = changes[c];
      run_input(data, size);
    }
    data[at] = old;
  }
}

static int replay_directory(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) return 0;
  int files = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_name[0] == '.') continue;
    char name[1024];
    size_t size;
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    uint8_t *data = read_whole(name, &size);
    if (!data) abort();
    fprintf(stderr, "%s\n", name);
    run_variants(data, size);
    free(data);
    files++;
  }
  closedir(directory);
  return files;
}

int main(int argc, char **argv) {
  int files = 0;
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], "-steps=", 7) == 0)
      steps = strtoul(argv[i] + 7, NULL, 10);
    else
      files += replay_directory(argv[i]);
  }
  fprintf(stderr, "%d inputs and their variants\n", files);
  return files > 0 ? 0 : 1;
}
