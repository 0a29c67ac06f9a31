// A whole fusion, of a recipe, an adapter_config.json, and models that the input's last bytes make:
// three parts with a NUL after each of the first two. A model that comes out is intact.
#include "input.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "ingot.h"
#include "io/safetensors.h"

enum { COLUMNS = 4, MOST_ROWS = 4, MOST_RANK = 3 };

static char directory[SCRATCH];
static int back = -1;  // the folder where the process was: libFuzzer's paths are relative to it

static void remove_directory(void) { remove_scratch(directory); }

static void put(const char *folder, const char *name, const void *data, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) abort();
}

static void write_weights(const char *path, const ig_safetensors_output *tensors, size_t count) {
  ig_error err;
  if (ig_safetensors_write(path, tensors, count, &err) != IG_OK) abort();
}

// One byte for the types, one for the tensors that are missing and the order of the vocabulary, one
// for its rows; then the values.
static void make_model(const char *name, input_bytes *input) {
  static const char *const names[] = {"model.encoder.layers.0.fc1.weight",
                                      "model.encoder.layers.1.fc1.weight",
                                      "model.decoder.layers.0.fc1.weight",
                                      "model.shared.weight",
                                      "final_logits_bias",
                                      "steps"};
  static const ig_dtype types[] = {IG_DTYPE_F32, IG_DTYPE_BF16, IG_DTYPE_F16, IG_DTYPE_I64};
  enum { TENSORS = sizeof names / sizeof *names, BYTES = MOST_ROWS * COLUMNS * 8 };
  ig_safetensors_output tensors[TENSORS];
  uint8_t values[TENSORS][BYTES];
  char path[64];
  const uint8_t chosen = take_byte(input), missing = take_byte(input), rows = take_byte(input);
  size_t count = 0;
  for (size_t i = 0; i < TENSORS; i++) {
    if (missing >> i & 1) continue;
    take_bytes(input, values[i], sizeof values[i] / 8);
    memset(values[i] + BYTES / 8, 0, BYTES - BYTES / 8);
    const ig_dtype type = types[i == 5 ? 3 : (chosen >> (i % 4 * 2) & 3) % 3];
    const size_t first = i == 3 || i == 4 ? rows % MOST_ROWS + 1u : 2;
    tensors[count++] = (ig_safetensors_output){
        .name = names[i], .dtype = type, .rank = 2, .shape = {first, COLUMNS}, .raw = values[i]};
  }
  const char *pieces =
      missing & 0x40 ? "{\"</s>\": 0, \"<unk>\": 1}" : "{\"<unk>\": 0, \"</s>\": 1}";
  put(name, "vocab.json", pieces, strlen(pieces));
  snprintf(path, sizeof path, "%s/model.safetensors", name);
  write_weights(path, tensors, count);
}

static void make_adapter(const char *config, size_t length, input_bytes *input) {
  const size_t rank = take_byte(input) % MOST_RANK + 1u;
  float a[MOST_RANK * COLUMNS], b[2 * MOST_RANK];
  take_bytes(input, a, sizeof a);
  take_bytes(input, b, sizeof b);
  const ig_safetensors_output tensors[2] = {
      {.name = "base_model.model.model.encoder.layers.0.fc1.lora_A.weight",
       .dtype = IG_DTYPE_F32,
       .rank = 2,
       .shape = {rank, COLUMNS},
       .values = a},
      {.name = "base_model.model.model.encoder.layers.0.fc1.lora_B.weight",
       .dtype = IG_DTYPE_F32,
       .rank = 2,
       .shape = {2, rank},
       .values = b}};
  put("l", "adapter_config.json", config, length);
  write_weights("l/adapter_model.safetensors", tensors, 2);
}

static void enter(void) {
  static const char config[] =
      "{\"model_type\": \"marian\", \"vocab_size\": 2, \"encoder_layers\": 2, \"decoder_layers\": "
      "1}";
  static const char tokenizer[] = "{\"tokenizer_class\": \"WhitespaceTokenizer\"}";
  if (back >= 0) {
    if (chdir(directory)) abort();
    return;
  }
  back = open(".", O_RDONLY | O_DIRECTORY);
  make_scratch(directory);
  if (back < 0 || chdir(directory)) abort();
  atexit(remove_directory);
  for (const char *name = "abl"; *name; name++)
    if (mkdir((char[]){*name, 0}, 0777)) abort();
  for (const char *name = "ab"; *name; name++) {
    put((char[]){*name, 0}, "config.json", config, sizeof config - 1);
    put((char[]){*name, 0}, "tokenizer_config.json", tokenizer, sizeof tokenizer - 1);
  }
}

// What is left of a fusion that failed is removed; what was made is intact.
static void fuse(void) {
  ig_error err = {0};
  const ig_fuse_options options = {.threads = 1};
  const ig_status status = ig_fuse("recipe.yml", "out", &options, &err);
  if (status != IG_OK && (err.status != status || !*err.message)) abort();
  if (status == IG_OK) {
    char *text = NULL;
    bool intact = false;
    if (ig_fuse_verify("out", false, 1, &text, &intact, &err) != IG_OK || !intact) abort();
    if (!ig_file_exists("out/model.safetensors") && !ig_file_exists("out/adapter_config.json"))
      abort();
    free(text);
  }
  remove_scratch("out");
  remove_scratch("out.partial");
  remove_scratch("out.stages");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  input_bytes input = {data, size};
  size_t length;
  enter();
  char *recipe = take_text(&input, &length);
  put(".", "recipe.yml", recipe, length);
  free(recipe);
  char *config = take_text(&input, &length);
  make_adapter(config, length, &input);
  free(config);
  make_model("a", &input);
  make_model("b", &input);
  fuse();
  if (fchdir(back)) abort();
  return 0;
}
