#include "model/arch/foreign.h"

#include "base/file.h"
#include "model/arch/marian_npz.h"

ig_status ig_foreign_open(const char *directory, ig_foreign *out, ig_error *err) {
  *out = (ig_foreign){0};
  return ig_file_exists_in(directory, "config.json") ? IG_OK
                                                     : ig_marian_npz_open(directory, out, err);
}

void ig_foreign_close(ig_foreign *model) {
  ig_safetensors_close(model->tensors);
  json_decref(model->config);
  json_decref(model->files);
  json_decref(model->copies);
  ig_problems_free(&model->notes);
  *model = (ig_foreign){0};
}
