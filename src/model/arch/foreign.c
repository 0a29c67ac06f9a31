#include "model/arch/foreign.h"

#include "base/fail.h"
#include "base/file.h"
#include "model/arch/ctranslate2.h"
#include "model/arch/marian_npz.h"

// A directory with weights of its own is transformers', whatever else it holds.
static bool has_weights(const char *directory) {
  static const char *const names[] = {"model.safetensors", "model.safetensors.index.json",
                                      "pytorch_model.bin", "pytorch_model.bin.index.json"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (ig_file_exists_in(directory, names[i])) return true;
  return false;
}

ig_status ig_foreign_open(const char *directory, ig_foreign *out, ig_error *err) {
  *out = (ig_foreign){0};
  const bool has_config = ig_file_exists_in(directory, "config.json");
  if (has_config && has_weights(directory)) return IG_OK;
  IG_TRY(ig_ctranslate2_open(directory, out, err));
  return has_config || out->tensors ? IG_OK : ig_marian_npz_open(directory, out, err);
}

void ig_foreign_close(ig_foreign *model) {
  ig_safetensors_close(model->tensors);
  json_decref(model->config);
  json_decref(model->files);
  json_decref(model->copies);
  ig_problems_free(&model->notes);
  *model = (ig_foreign){0};
}
