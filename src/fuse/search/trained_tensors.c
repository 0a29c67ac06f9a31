#include "fuse/search/trained_tensors.h"

#include <string.h>

#include "model/arch/tensor_row.h"
#include "model/create/wire.h"

bool ig_trained_tensors_is_called(const ig_parameter *p, const char *name) {
  if (strcmp(p->name, name) == 0) return true;
  for (size_t i = 0; i < sizeof p->row->alias / sizeof *p->row->alias; i++)
    if (p->row->alias[i] && strcmp(p->row->alias[i], name) == 0) return true;
  return false;
}

const ig_parameter *ig_trained_tensors_find(const ig_model *model, const char *name) {
  for (size_t i = 0; i < model->parameter_count; i++)
    if (model->parameters[i].trained && ig_trained_tensors_is_called(&model->parameters[i], name))
      return &model->parameters[i];
  return NULL;
}

void ig_trained_tensors_expose(ig_model *model) {
  ig_config_set_dropouts(&model->config, (ig_dropouts){0});
  model->config.frozen_pad_embedding = false;
  ig_wire_model(model);
}
