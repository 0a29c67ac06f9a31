// The JSON files of a model's and a checkpoint's directory: the input's first byte chooses one, the
// rest is its text; the files around it are sound.
#include "input.h"

#include "base/file.h"
#include "base/path.h"
#include "io/safetensors.h"
#include "model/arch/marian_tokenizers.h"
#include "text/tokenizer.h"
#include "train/checkpoint.h"

static char directory[] = "/tmp/ingot-fuzz-XXXXXX";

static void load_tokenizer(void) {
  ig_tokenizer *tokenizer = NULL;
  ig_error err = {0};
  ig_ids ids = {0};
  if (ig_tokenizer_load(directory, ig_marian_tokenizers, &tokenizer, &err) == IG_OK)
    ig_tokenizer_encode_source(tokenizer, "a b <unk> </s>", 14, &ids, &err);
  ig_ids_free(&ids);
  ig_tokenizer_free(tokenizer);
}

static void load_shards(void) {
  ig_safetensors *file = NULL;
  ig_error err = {0};
  if (ig_safetensors_open(directory, &file, &err) == IG_OK && ig_safetensors_count(file) > 1)
    abort();  // there is one tensor to find
  ig_safetensors_close(file);
}

static void load_state(void) {
  ig_saved_run run = {0};
  ig_error err = {0};
  if (ig_checkpoint_read(directory, &run, &err) != IG_OK) return;
  json_decref(run.identity);
  json_decref(run.comparison);
}

static const struct {
  const char *name;
  void (*load)(void);
} files[] = {{"vocab.json", load_tokenizer},
             {"tokenizer_config.json", load_tokenizer},
             {"model.safetensors.index.json", load_shards},
             {"training.json", load_state}};

static char *path_of(const char *name) {
  ig_error err;
  char *path = ig_path_join(directory, name, &err);
  if (!path) abort();
  return path;
}

static void put(const char *name, const void *data, size_t size) {
  char *path = path_of(name);
  ig_error err;
  if (ig_file_write(path, data, size, &err) != IG_OK) abort();
  free(path);
}

static void remove_directory(void) {
  char command[64];
  snprintf(command, sizeof command, "rm -r %s", directory);
  if (system(command) != 0) perror(directory);
}

static void make_shard(void) {
  const float values[2] = {1, 2};
  const ig_safetensors_output tensor = {
      .name = "w", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {2}, .values = values};
  char *path = path_of("part-1.safetensors");
  ig_error err;
  if (ig_safetensors_write(path, &tensor, 1, &err) != IG_OK) abort();
  free(path);
}

static void make_tokenizer(void) {
  ig_tokenizer *tokenizer;
  ig_error err;
  const char *const tokens[] = {"a", "b"};
  if (ig_tokenizer_from_tokens(&(ig_token_list){tokens, 2}, NULL, &tokenizer, &err) != IG_OK)
    abort();
  if (ig_tokenizer_save(tokenizer, directory, &err) != IG_OK) abort();
  ig_tokenizer_free(tokenizer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool made;
  if (!made) {
    if (!mkdtemp(directory)) abort();
    atexit(remove_directory);
    make_shard();
    made = true;
  }
  if (size == 0) return 0;
  const size_t chosen = data[0] % (sizeof files / sizeof *files);
  if (files[chosen].load == load_tokenizer) make_tokenizer();
  put(files[chosen].name, data + 1, size - 1);
  files[chosen].load();
  return 0;
}
