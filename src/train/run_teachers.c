// Reads, loads and checks the teachers of a run.
#include "train/run_teachers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/report.h"
#include "model/files/load.h"
#include "pipeline/one_vocabulary.h"
#include "train/train_keys.h"
#include "train/trainer.h"

// ---- the configuration ------------------------------------------------------

// A teacher is the name of its model, or a map of that and its weight.
static ig_status read_teacher(const ig_yaml_node *node, const char **model, double *weight,
                              ig_error *err) {
  *weight = 1;
  *model = node->scalar;
  if (node->kind == IG_YAML_MAP) {
    IG_TRY(ig_train_keys_check(node, IG_TRAIN_PART_TEACHER, NULL, err));
    IG_TRY(ig_yaml_string(node, "model", NULL, model, err));
    IG_TRY(ig_yaml_number(node, "weight", 1, weight, err));
  }
  if (node->kind == IG_YAML_SEQUENCE || !*model || !**model)
    return ig_yaml_fail(node, err, "expected a model directory, or a map of model and weight");
  if (!(*weight >= 0 && isfinite(*weight)))
    return ig_yaml_fail(ig_yaml_get(node, "weight"), err,
                        "expected a finite number from 0 on, found %g", *weight);
  return IG_OK;
}

static ig_status read_teachers(const ig_yaml_node *node, ig_train_teachers *t, ig_error *err) {
  const bool list = node->kind == IG_YAML_SEQUENCE;
  const size_t count = list ? node->count : 1;
  double sum = 0;
  if (count == 0) return ig_yaml_fail(node, err, "expected at least one model");
  t->models = ig_allocate(count, sizeof *t->models, err);
  t->weights = ig_allocate(count, sizeof *t->weights, err);
  if (!t->models || !t->weights) return IG_ERROR_MEMORY;
  for (; t->count < count; t->count++) {
    IG_TRY(read_teacher(list ? node->children[t->count] : node, &t->models[t->count],
                        &t->weights[t->count], err));
    sum += t->weights[t->count];
  }
  if (sum > 0 && isfinite(sum)) return IG_OK;
  return ig_yaml_fail(node, err, "expected weights with a finite sum above 0, found %g", sum);
}

ig_status ig_run_teachers_read(const ig_yaml_node *train, ig_train_config *c, ig_error *err) {
  static const char *const beside[] = {"teacher_share", "teacher_temperature", "teacher_top_k"};
  const ig_yaml_node *node = ig_yaml_get(train, "teacher");
  for (size_t i = 0; !node && i < sizeof beside / sizeof *beside; i++)
    if (ig_yaml_get(train, beside[i]))
      return ig_yaml_fail(ig_yaml_get(train, beside[i]), err, "there is no teacher");
  if (!node) return IG_OK;
  if (c->data.train_text.count)
    return ig_yaml_fail(node, err,
                        "learning from a teacher is built for models with a decoder: the data are "
                        "plain text, which an encoder learns from");
  return read_teachers(node, &c->teachers, err);
}

// ---- their files ------------------------------------------------------------

static bool ends_with(const char *name, const char *end) {
  const size_t length = strlen(name), its = strlen(end);
  return length >= its && strcmp(name + length - its, end) == 0;
}

// Whether a file of a model directory decides what the model computes: config.json and weights,
// but not the state of a training.
static bool decides(const char *name) {
  static const char *const ends[] = {".safetensors", ".bin", ".npz"};
  if (strcmp(name, "training.safetensors") == 0) return false;
  bool found = strcmp(name, "config.json") == 0 || strcmp(name, "adapter_config.json") == 0;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) found = found || ends_with(name, ends[i]);
  return found;
}

// Text is a hash of all before it; it becomes one of that and the file.
static ig_status add_hash(const char *directory, const char *name, char text[IG_HASH_TEXT],
                          ig_error *err) {
  char both[2 * IG_HASH_TEXT], its[IG_HASH_TEXT];
  size_t bytes;
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status = ig_content_hash_file(path, IG_HASH_XXH3, its, &bytes, err);
  free(path);
  IG_TRY(status);
  snprintf(both, sizeof both, "%s%s", text, its);
  ig_content_hash_text(both, strlen(both), text);
  return IG_OK;
}

static ig_status hash_directory(const char *directory, char text[IG_HASH_TEXT], ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read(directory, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    if (decides(listing.names[i])) status = add_hash(directory, listing.names[i], text, err);
  ig_listing_free(&listing);
  return status;
}

// Of a model and, where its name is "MODEL+ADAPTER", its adapter.
static ig_status hash_model(const char *name, char text[IG_HASH_TEXT], ig_error *err) {
  const char *adapter;
  char *directory = ig_allocate_copy(name, ig_model_name_split(name, &adapter), err);
  if (!directory) return IG_ERROR_MEMORY;
  *text = '\0';
  ig_status status = hash_directory(directory, text, err);
  if (status == IG_OK && adapter) status = hash_directory(adapter, text, err);
  free(directory);
  return status;
}

// ---- loading ----------------------------------------------------------------

static const char *const one_vocabulary = "a teacher needs the vocabulary of the model that learns";

static ig_vocabulary_owner owner_of_student(const ig_run *run) {
  const char *directory = run->resumed       ? run->latest
                          : run->config.init ? run->config.init
                                             : run->config.output;
  return (ig_vocabulary_owner){directory, run->model, run->tokenizer};
}

static ig_vocabulary_owner owner_of(const ig_run *run, size_t i) {
  return (ig_vocabulary_owner){run->config.teachers.models[i], run->teachers[i].model,
                               run->teachers[i].tokenizer};
}

// An error about a teacher names the key that it stands under.
static ig_status tell_where(const ig_run *run, ig_status status, ig_error *err) {
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s: train.teacher", run->config.path);
}

static ig_status load_teacher(ig_run *run, size_t i, ig_pool *pool, ig_error *err) {
  const char *name = run->config.teachers.models[i];
  ig_run_teacher *teacher = &run->teachers[i];
  IG_TRY(ig_load_tokenizer(name, &teacher->tokenizer, err));
  const ig_vocabulary_owner ours = owner_of_student(run), its = owner_of(run, i);
  for (int side = IG_SIDE_SOURCE; side <= IG_SIDE_TARGET; side++)
    IG_TRY(ig_one_vocabulary_check_pieces(&ours, &its, (ig_side)side, one_vocabulary, err));
  IG_TRY(ig_load_packed(name, IG_WEIGHT_TYPE_FP32, pool, &teacher->model, err));
  ig_problems_tell(&teacher->model->notes, run->reporter);
  return hash_model(name, teacher->hash, err);
}

ig_status ig_run_teachers_load(ig_run *run, ig_error *err) {
  const size_t count = run->config.teachers.count;
  ig_pool *pool;
  if (count == 0) return IG_OK;
  if (!run->generates)
    return ig_yaml_fail(ig_yaml_find(ig_yaml_root(run->config.yaml), "train.teacher"), err,
                        "learning from a teacher is built for models with a decoder: this one is "
                        "an encoder");
  run->teachers = ig_allocate(count, sizeof *run->teachers, err);
  if (!run->teachers) return IG_ERROR_MEMORY;
  IG_TRY(ig_pool_create(run->threads, &pool, err));
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < count; i++) status = load_teacher(run, i, pool, err);
  ig_pool_free(pool);
  return tell_where(run, status, err);
}

void ig_run_teachers_free(ig_run *run) {
  for (size_t i = 0; run->teachers && i < run->config.teachers.count; i++) {
    ig_model_free(run->teachers[i].model);
    ig_tokenizer_free(run->teachers[i].tokenizer);
  }
  free(run->teachers);
}

// ---- teaching ---------------------------------------------------------------

bool ig_run_teachers_identify(const ig_run *run, json_t *part) {
  const ig_train_config *c = &run->config;
  const ig_train_teachers *t = &c->teachers;
  if (t->count == 0) return true;
  json_t *models = json_array(), *weights = json_array(), *hashes = json_array();
  int failed = 0;
  for (size_t i = 0; i < t->count; i++) {
    failed |= json_array_append_new(models, json_string(t->models[i]));
    failed |= json_array_append_new(weights, json_real(t->weights[i]));
    failed |= json_array_append_new(hashes, json_string(run->teachers[i].hash));
  }
  failed |= json_object_set_new(part, "teacher", models);
  failed |= json_object_set_new(part, "teacher_weights", weights);
  failed |= json_object_set_new(part, "teacher_files", hashes);
  failed |= json_object_set_new(part, "teacher_share", json_real(c->teacher_share));
  failed |= json_object_set_new(part, "teacher_temperature", json_real(c->teacher_temperature));
  failed |= json_object_set_new(part, "teacher_top_k", json_integer(c->teacher_top_k));
  return !failed;
}

static ig_status check_teacher(const ig_run *run, size_t i, ig_error *err) {
  const ig_vocabulary_owner ours = owner_of_student(run), its = owner_of(run, i);
  const int positions = its.model->config.positions.count;
  int start;
  if (!ig_config_decodes(&its.model->config))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: expected a teacher with a decoder, found an encoder", its.directory);
  IG_TRY(ig_one_vocabulary_check_source(&ours, &its, one_vocabulary, err));
  IG_TRY(ig_one_vocabulary_check_target(&ours, &its, one_vocabulary, &start, err));
  if (positions == 0 || run->max_length <= positions) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: this teacher has %d positions, but data.max_length is %d: expected at most "
                 "as many tokens",
                 its.directory, positions, run->max_length);
}

static void tell(const ig_run *run) {
  const ig_train_config *c = &run->config;
  size_t parameters = 0;
  char top_k[64] = "";
  for (size_t i = 0; i < c->teachers.count; i++)
    parameters += ig_model_parameters(run->teachers[i].model);
  if (c->teacher_top_k)
    snprintf(top_k, sizeof top_k, ", the %d most likely tokens", c->teacher_top_k);
  ig_report(run->reporter, IG_LEVEL_INFO,
            "%zu teacher%s, %zu parameters: share %.9g of the loss, temperature %.9g%s",
            c->teachers.count, c->teachers.count == 1 ? "" : "s", parameters, c->teacher_share,
            c->teacher_temperature, top_k);
}

ig_status ig_run_teachers_begin(ig_run *run, ig_error *err) {
  const ig_train_config *c = &run->config;
  const size_t count = c->teachers.count;
  if (count == 0) return IG_OK;
  ig_teacher *teachers = ig_allocate(count, sizeof *teachers, err);
  ig_status status = teachers ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    teachers[i] = (ig_teacher){run->teachers[i].model, c->teachers.weights[i]};
    status = tell_where(run, check_teacher(run, i, err), err);
  }
  const ig_teaching teaching = {.teachers = teachers,
                                .count = count,
                                .share = c->teacher_share,
                                .temperature = c->teacher_temperature,
                                .top_k = c->teacher_top_k};
  if (status == IG_OK) status = ig_trainer_set_teaching(run->trainer, &teaching, err);
  free(teachers);
  if (status == IG_OK) tell(run);
  return status;
}
