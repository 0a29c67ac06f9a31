// What a model tells about itself, and its end. Its beginning: model/create/create.c.
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

void ig_model_free(ig_model *m) {
  if (!m) return;
  free(m->parameters);
  ig_arena_free(&m->memory);
  ig_arena_free(&m->gradient_memory);
  free(m->encoder);
  free(m->decoder);
  ig_arena_free(&m->packed);
  ig_relative_buckets_free(&m->encoder_buckets);
  ig_relative_buckets_free(&m->decoder_buckets);
  free(m->generation_config);
  ig_problems_free(&m->notes);
  free(m);
}

const char *ig_model_generation_file(const ig_model *m) {
  return m->generation_in_config ? "config.json" : "generation_config.json";
}

const ig_config *ig_model_config(const ig_model *m) { return m ? &m->config : NULL; }
const char *ig_model_stored_type(const ig_model *m) {
  return m ? ig_weight_type_name(m->stored_type) : NULL;
}
size_t ig_model_parameters(const ig_model *m) { return m ? m->trained_count : 0; }
size_t ig_model_tensors(const ig_model *m) { return m ? m->parameter_count : 0; }

ig_status ig_model_tensor(const ig_model *m, size_t index, ig_tensor_view *out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = (ig_tensor_view){0};
  IG_TRY(ig_fail_if_null(m, "model", err));
  if (index >= m->parameter_count)
    return ig_fail(err, IG_ERROR_ARGUMENT, "tensor %zu: the model has %zu tensors", index,
                   m->parameter_count);
  const ig_parameter *p = &m->parameters[index];
  *out = (ig_tensor_view){.name = p->name, .rank = p->rank, .values = m->values + p->offset};
  memcpy(out->shape, p->shape, sizeof out->shape);
  if (p->trained && !p->frozen && m->gradients) out->gradient = m->gradients + p->offset;
  return IG_OK;
}

ig_status ig_model_find(const ig_model *m, const char *name, ig_tensor_view *out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = (ig_tensor_view){0};
  IG_TRY(ig_fail_if_null(m, "model", err));
  IG_TRY(ig_fail_if_null(name, "name", err));
  for (size_t i = 0; i < m->parameter_count; i++)
    if (strcmp(m->parameters[i].name, name) == 0) return ig_model_tensor(m, i, out, err);
  return ig_fail(err, IG_ERROR_ARGUMENT, "the model has no tensor \"%s\"", name);
}
