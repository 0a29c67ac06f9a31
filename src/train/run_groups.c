// Reads and checks what is said of parts of a model, and tells what comes of it.
#include "train/run_groups.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/report.h"
#include "model/create/create.h"
#include "model/create/model_part.h"
#include "train/trainer.h"

// ---- the configuration ------------------------------------------------------

ig_status ig_run_groups_read(const ig_yaml_node *train, ig_train_config *c, ig_error *err) {
  ig_group_options *g = &c->groups;
  const char **names = NULL;
  IG_TRY(ig_yaml_strings(train, "freeze", &names, &g->freeze_count, err));
  g->freeze = names;  // set at once: the configuration frees it, whatever fails next
  names = NULL;
  IG_TRY(ig_yaml_strings(train, "no_decay", &names, &g->no_decay_count, err));
  g->no_decay = names;
  IG_TRY(ig_yaml_number(train, "layer_decay", 1, &g->layer_decay, err));
  if (!(g->layer_decay > 0 && g->layer_decay <= 1))
    return ig_yaml_fail(ig_yaml_get(train, "layer_decay"), err,
                        "expected a number above 0 and at most 1, found %g", g->layer_decay);
  if (g->no_decay_count && c->optimizer.weight_decay == 0)
    return ig_yaml_fail(ig_yaml_get(train, "no_decay"), err,
                        "weight_decay is 0: there is nothing to leave alone");
  return IG_OK;
}

// "freeze: what" becomes "c.yml:12: train.freeze: what".
static ig_status tell_where(const ig_train_config *c, ig_status status, const ig_error *why,
                            ig_error *err) {
  static const char *const keys[] = {"freeze", "no_decay", "layer_decay"};
  if (status == IG_OK) return IG_OK;
  if (err) *err = *why;
  const ig_yaml_node *train = c->yaml ? ig_yaml_get(ig_yaml_root(c->yaml), "train") : NULL;
  for (size_t i = 0; train && i < sizeof keys / sizeof *keys; i++) {
    const size_t length = strlen(keys[i]);
    const ig_yaml_node *node = ig_yaml_get(train, keys[i]);
    if (node && strncmp(why->message, keys[i], length) == 0 && why->message[length] == ':')
      return ig_yaml_fail(node, err, "%s", why->message + length + 2);
  }
  return status;
}

ig_status ig_run_groups_check(const ig_run *run, const ig_config *config, ig_error *err) {
  const ig_train_config *c = &run->config;
  ig_model *listed;
  ig_parameter_groups groups;
  ig_error why = {0};
  IG_TRY(ig_create_listed(config, c->path, &listed, err));
  const ig_status status = ig_parameter_groups_make(listed, &c->groups, &groups, &why);
  if (status == IG_OK) ig_parameter_groups_free(&groups);
  ig_model_free(listed);
  return tell_where(c, status, &why, err);
}

static json_t *list_of(const char *const *names, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; list && i < count; i++)
    if (json_array_append_new(list, json_string(names[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  return list;
}

bool ig_run_groups_identify(const ig_train_config *c, json_t *part) {
  const ig_group_options *g = &c->groups;
  int failed = 0;
  if (g->freeze_count)
    failed |= json_object_set_new(part, "freeze", list_of(g->freeze, g->freeze_count));
  if (g->no_decay_count)
    failed |= json_object_set_new(part, "no_decay", list_of(g->no_decay, g->no_decay_count));
  if (g->layer_decay > 0 && g->layer_decay < 1)
    failed |= json_object_set_new(part, "layer_decay", json_real(g->layer_decay));
  return !failed;
}

// ---- the log ----------------------------------------------------------------

// The places of the parts that are named to be frozen.
static unsigned frozen_places(const ig_run *run) {
  const ig_group_options *g = &run->config.groups;
  unsigned places = 0;
  for (size_t i = 0; i < g->freeze_count; i++) {
    ig_model_part part;
    if (ig_model_part_parse(run->model, g->freeze[i], &part, NULL) == IG_OK) places |= part.places;
  }
  return places;
}

// A tensor that is frozen as one part is frozen as every other part that uses it.
static void tell_ties(const ig_run *run) {
  const ig_model *m = run->model;
  const unsigned named = frozen_places(run);
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    const unsigned places = ig_model_part_places(&m->config, p) &
                            ~(unsigned)(IG_MODEL_PLACE_BIASES | IG_MODEL_PLACE_NORMS);
    const bool tied = (places & (places - 1)) != 0;
    char others[128];
    if (!p->frozen || !tied) continue;
    ig_model_part_list(places & ~named, others, sizeof others);
    if (*others)
      ig_report(run->reporter, IG_LEVEL_INFO,
                "train.freeze: %s is also of %s, and frozen there too", p->name, others);
  }
}

// Layers that share their weights are frozen together.
static void tell_shared_layers(const ig_run *run) {
  const ig_stack_shape *encoder = &run->model->config.encoder;
  const int stored = ig_config_stored_layers(encoder);
  if (stored == encoder->layers || !(frozen_places(run) & IG_MODEL_PLACE_ENCODER_LAYERS)) return;
  ig_report(run->reporter, IG_LEVEL_INFO,
            "train.freeze: %d layers share the weights of %d: a layer is frozen with all that have "
            "its weights",
            encoder->layers, stored);
}

// Names separated by ", ", as many as there is room for.
static void join(const char *const *names, size_t count, char *out, size_t size) {
  size_t used = 0;
  *out = '\0';
  for (size_t i = 0; i < count && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", names[i]);
}

static void tell_frozen(const ig_run *run, const ig_parameter_groups *groups) {
  const ig_group_options *g = &run->config.groups;
  char names[256];
  if (!g->freeze_count) return;
  join(g->freeze, g->freeze_count, names, sizeof names);
  ig_report(run->reporter, IG_LEVEL_INFO,
            "train.freeze: %zu of %zu parameters stay as they are: %s", groups->frozen_values,
            run->model->trained_count, names);
  tell_ties(run);
  tell_shared_layers(run);
}

void ig_run_groups_tell(const ig_run *run) {
  const ig_parameter_groups *groups = ig_trainer_groups(run->trainer);
  const ig_group_options *g = &run->config.groups;
  size_t kept = 0;
  double lowest = 1, highest = 0;
  tell_frozen(run, groups);
  for (size_t i = 0; i < groups->span_count; i++) {
    const ig_parameter_span *span = &groups->spans[i];
    if (span->frozen) continue;
    if (!span->decayed) kept += span->end - span->begin;
    if (span->rate < lowest) lowest = span->rate;
    if (span->rate > highest) highest = span->rate;
  }
  if (g->no_decay_count)
    ig_report(run->reporter, IG_LEVEL_INFO,
              "train.no_decay: %zu of %zu trained parameters are not decayed", kept,
              run->model->trained_count - groups->frozen_values);
  if (g->layer_decay < 1)
    ig_report(run->reporter, IG_LEVEL_INFO,
              "train.layer_decay: the learning rate is times %.3g in the lowest part that is "
              "trained, times %.3g in the highest",
              lowest, highest);
}
