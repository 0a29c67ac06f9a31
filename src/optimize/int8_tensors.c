#include "optimize/int8_tensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/arch/family.h"
#include "model/create/create.h"
#include "model/create/layout.h"
#include "model/files/config_file.h"
#include "model/files/weights.h"
#include "model/run/pack.h"

typedef struct int8_choice {
  const ig_safetensors *file;
  ig_model *model;                // of no values
  const ig_safetensor **tensors;  // (parameter_count)
  bool *packed;                   // (parameter_count)
} int8_choice;

static ig_status match(int8_choice *c, const char *directory, ig_error *err) {
  const size_t count = c->model->parameter_count;
  c->tensors = ig_allocate(count, sizeof *c->tensors, err);
  c->packed = c->tensors ? ig_allocate(count, sizeof *c->packed, err) : NULL;
  if (!c->packed) return IG_ERROR_MEMORY;
  IG_TRY(ig_weights_match(c->model, directory, c->file, c->tensors, err));
  IG_TRY(ig_layout_place(c->model, err));
  ig_pack_list_int8(c->model, c->packed);
  return IG_OK;
}

static void mark(const int8_choice *c, ig_int8_tensors *out) {
  const ig_safetensor *first = ig_safetensors_get(c->file, 0);
  for (size_t i = 0; i < c->model->parameter_count; i++) {
    if (!c->packed[i] || !c->tensors[i]) continue;
    const size_t index = (size_t)(c->tensors[i] - first);
    out->chosen[index] = true;
    out->table[index] = ig_layout_is_embedding(&c->model->parameters[i]);
  }
}

// The output layer where it is tied to a table.
static ig_status list_sharers(const ig_config *config, ig_int8_tensors *out, ig_error *err) {
  bool fine = (out->sharers = json_array()) != NULL;
  for (const ig_tensor_row *row = config->family->tensors; fine && row->name; row++) {
    const char *end = strstr(row->name, ".weight");
    if (config->tied_output && row->part == IG_PART_OUTPUT && !row->bias && end &&
        ig_tensor_row_is_of_head(row, config->head.kind))
      fine = json_array_append_new(out->sharers,
                                   json_stringn(row->name, (size_t)(end - row->name))) == 0;
  }
  return fine ? IG_OK : ig_fail_memory(err);
}

ig_status ig_int8_tensors_choose(const ig_conversion_source *s, ig_int8_tensors *out,
                                 ig_error *err) {
  const char *directory = s->model->directory;
  int8_choice c = {.file = s->model->tensors};
  ig_config config;
  out->count = ig_safetensors_count(c.file);
  out->chosen = ig_allocate(out->count, sizeof *out->chosen, err);
  out->table = out->chosen ? ig_allocate(out->count, sizeof *out->table, err) : NULL;
  if (!out->table) return IG_ERROR_MEMORY;
  IG_TRY(ig_config_file_read(directory, &s->foreign, &config, err));
  IG_TRY(ig_config_check(&config, directory, err));
  IG_TRY(ig_weights_settle_ties(c.file, &config, err));
  IG_TRY(list_sharers(&config, out, err));
  IG_TRY(ig_create_listed(&config, directory, &c.model, err));
  const ig_status status = match(&c, directory, err);
  if (status == IG_OK) mark(&c, out);
  free(c.tensors);
  free(c.packed);
  ig_model_free(c.model);
  return status;
}

void ig_int8_tensors_free(ig_int8_tensors *t) {
  free(t->chosen);
  free(t->table);
  json_decref(t->sharers);
}
