// A recipe of fusion, read and planned, in a directory that holds the models "a" and "b".
#include "input.h"

#include "base/file.h"
#include "base/path.h"
#include "fuse/preview/describe.h"

enum { TENSORS = 6 };
static char directory[SCRATCH];
static int back = -1;  // the folder where the process was: libFuzzer's paths are relative to it

static void remove_directory(void) { remove_scratch(directory); }

static void make_model(const char *name) {
  static const char *const names[TENSORS] = {"model.encoder.layers.0.fc1.weight",
                                             "model.encoder.layers.1.fc1.weight",
                                             "model.decoder.layers.0.fc1.weight",
                                             "model.shared.weight",
                                             "final_logits_bias",
                                             "steps"};
  static const char zeros[64];
  ig_safetensors_output tensors[TENSORS];
  for (size_t i = 0; i < TENSORS; i++)
    tensors[i] = (ig_safetensors_output){.name = names[i],
                                         .dtype = i == 5   ? IG_DTYPE_I64
                                                  : i == 4 ? IG_DTYPE_BF16
                                                           : IG_DTYPE_F32,
                                         .rank = 2,
                                         .shape = {2, 4},
                                         .raw = zeros};
  char weights[64], config[64];
  snprintf(weights, sizeof weights, "%s/model.safetensors", name);
  snprintf(config, sizeof config, "%s/config.json", name);
  ig_error err;
  if (ig_path_make_directories(name, &err) != IG_OK ||
      ig_safetensors_write(weights, tensors, TENSORS, &err) != IG_OK)
    abort();
  if (ig_file_write(config, "{\"model_type\": \"made-up\"}", 25, &err) != IG_OK) abort();
}

static void enter(void) {
  if (back >= 0) {
    if (chdir(directory)) abort();
    return;
  }
  back = open(".", O_RDONLY | O_DIRECTORY);
  make_scratch(directory);
  if (back < 0 || chdir(directory)) abort();
  atexit(remove_directory);
  make_model("a");
  make_model("b");
}

// A recipe that can be carried out has tensors with all their inputs, none twice.
static void check_plan(const ig_fusion_plan *plan) {
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (i > 0 && strcmp(plan->tensors[i - 1].name, t->name) >= 0) abort();
    for (size_t k = 0; k < t->inputs; k++)
      if (!t->input[k].tensor || t->input[k].tensor->elements != t->elements) abort();
  }
}

static void look_through(const ig_recipe_file *file, ig_stages *stages) {
  ig_error err = {0};
  ig_preflight_needs needs = {0};
  char *text = NULL;
  const ig_fuse_options options = {.threads = 2};
  if (ig_stages_plan(file, stages, &err) != IG_OK ||
      ig_problems_report(&stages->problems, "recipe.yml", NULL, &err) != IG_OK)
    return;
  for (size_t i = 0; i < stages->count; i++) check_plan(&stages->stage[i].plan);
  if (ig_preflight_measure(stages, NULL, &options, &needs, &err) != IG_OK ||
      ig_describe_stages(stages, &needs, 2, &text, &err) != IG_OK)
    abort();
  free(text);
  free(needs.directory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ig_recipe_file file;
  ig_stages stages = {0};
  ig_error err = {0};
  enter();
  if (ig_recipe_file_parse((const char *)data, size, "recipe.yml", &file, &err) == IG_OK)
    look_through(&file, &stages);
  ig_stages_free(&stages);
  ig_recipe_file_free(&file);
  if (fchdir(back)) abort();
  return 0;
}
