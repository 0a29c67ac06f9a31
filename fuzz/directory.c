// The files of the directories of a model, a checkpoint, a fused model and an adapter that are no
// weights, and a text that may be compressed: the input's first byte chooses one, the rest is its
// content; the files around it are sound.
#include "input.h"

#include "base/file.h"
#include "base/path.h"
#include "io/lora.h"
#include "fuse/record/fusion_note.h"
#include "io/lines.h"
#include "io/safetensors.h"
#include "model/arch/marian_tokenizers.h"
#include "text/tokenizer.h"
#include "train/checkpoint.h"
#include "train/checkpoint_hashes.h"
#include "train/metrics.h"

static char directory[SCRATCH];

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
  ig_checkpoint_hashes_check(directory, &err);
  if (ig_checkpoint_read(directory, &run, &err) != IG_OK) return;
  json_decref(run.identity);
  json_decref(run.comparison);
}

static char *path_of(const char *name) {
  ig_error err;
  char *path = ig_path_join(directory, name, &err);
  if (!path) abort();
  return path;
}

// It is only printed: its names of files may lead anywhere, and would be hashed.
static void load_record(void) {
  json_t *record = NULL;
  ig_error err = {0};
  if (ig_fusion_note_load(directory, &record, &err) != IG_OK) return;
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) abort();
  ig_fusion_note_print(out, record);
  fclose(out);
  for (size_t i = 0; text && i < size; i++)
    if ((unsigned char)text[i] < 0x20 && text[i] != '\n') abort();
  free(text);
  json_decref(record);
}

static void load_adapter(void) {
  ig_lora_adapters *adapters = NULL;
  ig_error err = {0};
  if (ig_lora_open(directory, &adapters, &err) != IG_OK) return;
  ig_lora_close(adapters);
}

static void read_lines(void) {
  char *path = path_of("text.gz");
  ig_lines *lines = NULL;
  ig_error err = {0};
  const char *line;
  size_t length;
  if (ig_lines_open(path, NULL, &lines, &err) == IG_OK)
    while (ig_lines_next(lines, &line, &length, &err) == IG_OK && line)
      if (strlen(line) != length) abort();
  ig_lines_close(lines);
  free(path);
}

// Lines after the checkpoint's update are cut off.
static void cut_metrics(void) {
  char *path = path_of("metrics.jsonl");
  ig_error err = {0};
  const ig_run_state state = {.update = 3, .metrics_bytes = 1000};
  ig_metrics_truncate(path, &state, &err);
  free(path);
}

static const struct {
  const char *name;
  void (*load)(void);
} files[] = {{"vocab.json", load_tokenizer},
             {"tokenizer_config.json", load_tokenizer},
             {"model.safetensors.index.json", load_shards},
             {"training.json", load_state},
             {"fusion.json", load_record},
             {"adapter_config.json", load_adapter},
             {"text.gz", read_lines},
             {"metrics.jsonl", cut_metrics}};

// Not by ig_file_write, which waits for the disk.
static void put(const char *name, const void *data, size_t size) {
  char *path = path_of(name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) abort();
  free(path);
}

static void remove_directory(void) { remove_scratch(directory); }

static void make_shard(void) {
  const float values[2] = {1, 2};
  const ig_safetensors_output tensor = {
      .name = "w", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {2}, .values = values};
  char *path = path_of("part-1.safetensors");
  ig_error err;
  if (ig_safetensors_write(path, &tensor, 1, &err) != IG_OK) abort();
  free(path);
}

static void make_adapter(void) {
  const float values[2] = {1, 2};
  const ig_safetensors_output tensors[2] = {{.name = "base_model.model.x.lora_A.weight",
                                             .dtype = IG_DTYPE_F32,
                                             .rank = 2,
                                             .shape = {1, 2},
                                             .values = values},
                                            {.name = "base_model.model.x.lora_B.weight",
                                             .dtype = IG_DTYPE_F32,
                                             .rank = 2,
                                             .shape = {2, 1},
                                             .values = values}};
  char *path = path_of("adapter_model.safetensors");
  ig_error err;
  if (ig_safetensors_write(path, tensors, 2, &err) != IG_OK) abort();
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
    make_scratch(directory);
    atexit(remove_directory);
    make_shard();
    make_adapter();
    made = true;
  }
  if (size == 0) return 0;
  const size_t chosen = data[0] % (sizeof files / sizeof *files);
  if (files[chosen].load == load_tokenizer) make_tokenizer();
  put(files[chosen].name, data + 1, size - 1);
  files[chosen].load();
  return 0;
}
