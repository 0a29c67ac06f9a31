// Reads what is said of an adapter, and makes it.
#include "train/run_adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/report.h"
#include "io/json.h"
#include "io/lora_base.h"
#include "nn/nn.h"
#include "train/adapter_files.h"
#include "train/adapter_layers.h"
#include "io/model_hash.h"
#include "train/train_keys.h"

enum { LARGEST_RANK = 65536 };

// ---- the configuration ------------------------------------------------------

static ig_status read_method(const ig_yaml_node *map, ig_train_adapter *a, ig_error *err) {
  const char *method;
  IG_TRY(ig_yaml_string(map, "method", "lora", &method, err));
  a->has_magnitudes = strcmp(method, "dora") == 0;
  if (a->has_magnitudes || strcmp(method, "lora") == 0) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(map, "method"), err, "expected lora or dora, found '%.100s'",
                      method);
}

static ig_status read_new(const ig_yaml_node *map, ig_train_adapter *a, ig_error *err) {
  const char **targets = NULL;
  IG_TRY(read_method(map, a, err));
  IG_TRY(ig_yaml_int(map, "rank", 8, &a->rank, err));
  if (a->rank < 1 || a->rank > LARGEST_RANK)
    return ig_yaml_fail(ig_yaml_get(map, "rank"), err, "expected a number from 1 to %d, found %d",
                        LARGEST_RANK, a->rank);
  IG_TRY(ig_yaml_number(map, "alpha", a->rank, &a->alpha, err));
  if (!(a->alpha > 0 && a->alpha <= 1e6))
    return ig_yaml_fail(ig_yaml_get(map, "alpha"), err,
                        "expected a number above 0 and at most 1000000, found %g", a->alpha);
  IG_TRY(ig_yaml_strings(map, "target_modules", &targets, &a->target_count, err));
  a->targets = targets;  // set at once: the configuration frees it, whatever fails next
  if (a->target_count) return IG_OK;
  return ig_yaml_fail(map, err,
                      "target_modules is missing: the layers that are adapted, as [q_proj, "
                      "v_proj], or %s",
                      ig_adapter_layers_all);
}

// An adapter that goes on has all but the dropout from its adapter_config.json.
static ig_status read_from(const ig_yaml_node *map, ig_error *err) {
  static const char *const own[] = {"method", "rank", "alpha", "target_modules"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (ig_yaml_get(map, own[i]))
      return ig_yaml_fail(ig_yaml_get(map, own[i]), err,
                          "the adapter that 'from' names has its own");
  return IG_OK;
}

static ig_status check_beside(const ig_train_config *c, const ig_yaml_node *train,
                              const ig_yaml_node *map, ig_error *err) {
  static const char *const parts[] = {"freeze", "no_decay", "layer_decay"};
  if (!c->init)
    return ig_yaml_fail(map, err, "an adapter is of a model that is there: model.init is missing");
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (ig_yaml_get(train, parts[i]))
      return ig_yaml_fail(ig_yaml_get(train, parts[i]), err,
                          "with train.adapter all parts of the model stay as they are");
  return IG_OK;
}

ig_status ig_run_adapter_read(const ig_yaml_node *train, ig_train_config *c, ig_error *err) {
  ig_train_adapter *a = &c->adapter;
  const ig_yaml_node *map;
  double dropout;
  IG_TRY(ig_yaml_map(train, "adapter", &map, err));
  if (!map) return IG_OK;
  IG_TRY(ig_train_keys_check(map, IG_TRAIN_PART_ADAPTER, NULL, err));
  IG_TRY(check_beside(c, train, map, err));
  a->wanted = true;
  IG_TRY(ig_yaml_number(map, "dropout", 0, &dropout, err));
  a->dropout_given = ig_yaml_get(map, "dropout") != NULL;
  if (dropout != 0)
    return ig_yaml_fail(ig_yaml_get(map, "dropout"), err,
                        "expected 0, for dropout of an adapter's inputs alone is not built (found "
                        "%g); model.dropout is that of the model",
                        dropout);
  IG_TRY(ig_yaml_string(map, "from", NULL, &a->from, err));
  return a->from ? read_from(map, err) : read_new(map, a, err);
}

const char *ig_run_adapter_model_directory(const ig_run *run) {
  return run->resumed && !run->config.adapter.wanted ? run->latest : run->config.init;
}

bool ig_run_adapter_identify(const ig_run *run, json_t *part) {
  const ig_train_adapter *a = &run->config.adapter;
  if (!a->wanted) return true;
  json_t *targets = json_array();
  int failed = json_object_set_new(part, "adapter_model", json_string(run->adapter_model));
  for (size_t i = 0; i < a->target_count; i++)
    failed |= json_array_append_new(targets, json_string(a->targets[i]));
  if (a->from) {
    json_decref(targets);
    return !(failed | json_object_set_new(part, "adapter.from", json_string(a->from)));
  }
  failed |= json_object_set_new(part, "adapter.target_modules", targets);
  failed |=
      json_object_set_new(part, "adapter.method", json_string(a->has_magnitudes ? "dora" : "lora"));
  failed |= json_object_set_new(part, "adapter.rank", json_integer(a->rank));
  failed |= json_object_set_new(part, "adapter.alpha", json_real(a->alpha));
  return !failed;
}

// ---- the checkpoint ---------------------------------------------------------

ig_status ig_run_adapter_check_checkpoint(const ig_run *run, ig_error *err) {
  const bool wanted = run->config.adapter.wanted;
  if (!run->resumed || ig_file_exists_in(run->latest, ig_adapter_files_config) == wanted)
    return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s holds %s, and %s is to be trained now (train.adapter). To start anew, choose "
                 "another train.output or move %s away",
                 run->latest, wanted ? "a whole model" : "an adapter",
                 wanted ? "an adapter" : "a whole model", run->config.output);
}

// ---- the adapter ------------------------------------------------------------

// "target_modules: what" becomes "c.yml:12: train.adapter.target_modules: what".
static ig_status tell_where(const ig_run *run, const ig_error *why, ig_error *err) {
  static const char prefix[] = "target_modules: ";
  const ig_train_config *c = &run->config;
  const ig_yaml_node *node =
      c->yaml ? ig_yaml_find(ig_yaml_root(c->yaml), "train.adapter.target_modules") : NULL;
  if (err) *err = *why;
  if (!node || strncmp(why->message, prefix, strlen(prefix)) != 0) return why->status;
  return ig_yaml_fail(node, err, "%s", why->message + strlen(prefix));
}

ig_status ig_run_adapter_check(ig_run *run, ig_error *err) {
  const ig_train_adapter *a = &run->config.adapter;
  ig_adapter_layer *layers = NULL;
  size_t count;
  ig_error why = {0};
  if (!a->wanted) return IG_OK;
  if (run->model->config.head.is_new)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: train.adapter: the model gets a new head, which an adapter does not hold: "
                   "train the model with its head first, or without train.adapter",
                   run->config.path);
  IG_TRY(ig_model_hash_find(run->config.init, run->adapter_model, err));
  const ig_status status =
      ig_adapter_layers_choose(run->model, a->targets, a->target_count, &layers, &count, &why);
  free(layers);
  return status == IG_OK ? IG_OK : tell_where(run, &why, err);
}

static ig_status make_new(ig_run *run, ig_error *err) {
  const ig_train_adapter *c = &run->config.adapter;
  const ig_kernels *kernels;
  ig_adapter_layer *layers = NULL;
  size_t count;
  IG_TRY(ig_kernels_select(&kernels, err));
  ig_status status =
      ig_adapter_layers_choose(run->model, c->targets, c->target_count, &layers, &count, err);
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    layers[i].rank = (size_t)c->rank;
    layers[i].scale = (float)(c->alpha / c->rank);
  }
  if (status == IG_OK)
    status = ig_adapter_create(run->model, layers, count, c->has_magnitudes, &run->adapter, err);
  free(layers);
  IG_TRY(status);
  ig_adapter_draw(run->adapter, run->model, kernels, run->config.seed);
  run->adapter_config = ig_adapter_files_describe(run->adapter, run->model, c->alpha);
  return run->adapter_config ? IG_OK : ig_fail_memory_in(run->config.path, err);
}

// Dropout that an adapter was trained with is not left out without a word.
static ig_status check_dropout(const ig_run *run, ig_error *err) {
  const double dropout = json_number_value(json_object_get(run->adapter_config, "lora_dropout"));
  if (dropout == 0 || run->config.adapter.dropout_given) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: train.adapter: %s was trained with lora_dropout %g, and dropout of an "
                 "adapter's inputs alone is not built: set train.adapter.dropout to 0 to go on "
                 "without it",
                 run->config.path, run->config.adapter.from, dropout);
}

// An adapter of Ingot knows the model that it was trained on. On another one its changes mean
// little, but that may be on purpose.
static ig_status compare_base(const ig_run *run, const char *directory, ig_error *err) {
  char *other;
  IG_TRY(ig_lora_base_compare(directory, run->adapter_model, &other, err));
  if (other)
    ig_report(run->reporter, IG_LEVEL_WARNING,
              "train.adapter.from: %s was trained on another model (%s) than model.init, %s",
              directory, other, run->config.init);
  free(other);
  return IG_OK;
}

static ig_status go_on(ig_run *run, const char *directory, ig_error *err) {
  if (!run->resumed) IG_TRY(compare_base(run, directory, err));
  IG_TRY(ig_adapter_files_read(directory, run->model, &run->adapter, &run->adapter_config, err));
  return check_dropout(run, err);
}

// What every adapter that is written here says.
static ig_status complete_config(ig_run *run, ig_error *err) {
  json_t *config = run->adapter_config;
  int failed =
      json_object_set_new(config, "base_model_name_or_path", json_string(run->config.init));
  failed |= json_object_set_new(config, "inference_mode", json_true());
  failed |= json_object_set_new(config, "lora_dropout", json_real(0));
  return failed ? ig_fail_memory_in(run->config.path, err) : IG_OK;
}

ig_status ig_run_adapter_make(ig_run *run, ig_error *err) {
  const ig_train_adapter *a = &run->config.adapter;
  if (!a->wanted) return IG_OK;
  const char *directory = run->resumed ? run->latest : a->from;
  IG_TRY(directory ? go_on(run, directory, err) : make_new(run, err));
  return complete_config(run, err);
}

ig_status ig_run_adapter_write(const ig_run *run, const char *dtype, const char *directory,
                               ig_error *err) {
  json_t *base = json_pack("{s:s, s:s}", "name", run->config.init, "hash", run->adapter_model);
  ig_status status = base ? IG_OK : ig_fail_memory_in(directory, err);
  if (status == IG_OK)
    status = ig_adapter_files_write(run->adapter, run->model, run->adapter_config, dtype, directory,
                                    err);
  if (status == IG_OK) status = ig_json_save_in(directory, ig_lora_base_file, base, 17, err);
  json_decref(base);
  return status;
}

void ig_run_adapter_tell(const ig_run *run) {
  const ig_adapter *a = run->adapter;
  if (!a) return;
  ig_report(run->reporter, IG_LEVEL_INFO,
            "train.adapter: %s of %zu linear layers: %zu parameters are trained, the model's %zu "
            "stay as they are",
            a->has_magnitudes ? "DoRA" : "LoRA", a->count, a->value_count,
            run->model->trained_count);
  if (strchr(run->config.init, '+'))
    ig_report(
        run->reporter, IG_LEVEL_INFO,
        "train.adapter: it is of %s, whose adapters it does not hold: together they are %s+%s",
        run->config.init, run->config.init, run->best);
}
