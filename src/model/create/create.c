// The beginning of a model: its options are checked, its tensors laid out, its weights drawn.
#include "model/create/create.h"

#include "base/allocate.h"
#include "base/fail.h"
#include "model/arch/family.h"
#include "model/arch/initialize.h"
#include "model/config.h"
#include "model/create/layout.h"
#include "model/create/model_part.h"
#include "model/create/wire.h"

ig_status ig_create_listed(const ig_config *config, const char *where, ig_model **out,
                           ig_error *err) {
  IG_TRY(ig_config_check(config, where, err));
  ig_model *m = ig_allocate(1, sizeof *m, err);
  if (!m) return IG_ERROR_MEMORY;
  m->config = *config;
  const ig_status status = ig_layout_make(m, err);
  if (status != IG_OK) {
    ig_model_free(m);
    return status;
  }
  *out = m;
  return IG_OK;
}

ig_status ig_create_zeroed(const ig_config *config, const char *where, ig_model **out,
                           ig_error *err) {
  ig_model *m = NULL;
  IG_TRY(ig_create_listed(config, where, &m, err));
  const ig_status status = ig_layout_place(m, err);
  if (status != IG_OK) {
    ig_model_free(m);
    return status;
  }
  *out = m;
  return IG_OK;
}

// Fills all values, as the model's family does.
static void draw_weights(ig_model *m, uint64_t seed) {
  const ig_family *family = m->config.family;
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    float *values = m->values + p->offset;
    if (family->initialize)
      family->initialize(&m->config, p, seed, values);
    else
      ig_initialize_standard(&m->config, p, seed, values);
  }
}

ig_status ig_model_create(const ig_config *config, uint64_t seed, ig_model **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(config, "config", err));
  IG_TRY(ig_create_zeroed(config, "configuration", out, err));
  draw_weights(*out, seed);
  return IG_OK;
}

static int trained_from(const ig_model *m, const ig_stack_shape *stack, unsigned places) {
  const ig_config *c = &m->config;
  int lowest = stack->layers + 2;
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (!p->trained || p->frozen || !(ig_model_part_places(c, p) & places)) continue;
    const int height = ig_model_part_height(c, p, stack);
    if (height < lowest) lowest = height;
  }
  return lowest;
}

ig_status ig_create_gradients(ig_model *m, const bool *frozen, ig_error *err) {
  if (!m->gradients)
    IG_TRY(ig_layout_reserve(&m->gradient_memory, m->trained_count, &m->gradients, err));
  for (size_t i = 0; i < m->parameter_count; i++) m->parameters[i].frozen = frozen && frozen[i];
  m->encoder_trained_from = trained_from(m, &m->config.encoder, IG_MODEL_PLACE_ENCODER);
  m->decoder_trained_from = trained_from(m, &m->config.decoder, IG_MODEL_PLACE_DECODER);
  ig_wire_model(m);
  return IG_OK;
}
