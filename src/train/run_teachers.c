// Reads, loads and checks the teachers of a run.
#include "train/run_teachers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "io/model_hash.h"
#include "model/files/load.h"
#include "pipeline/one_vocabulary.h"
#include "text/tokenizer_pairs.h"
#include "train/run_adapter.h"
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
                        "learning from a teacher is built for models with a decoder or with a head "
                        "for question answering: the data are plain text");
  return read_teachers(node, &c->teachers, err);
}

// ---- loading ----------------------------------------------------------------

static const char *const one_vocabulary = "a teacher needs the vocabulary of the model that learns";

static ig_vocabulary_owner owner_of_student(const ig_run *run) {
  const char *loaded = ig_run_adapter_model_directory(run),
             *directory = loaded ? loaded : run->config.output;
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
  return ig_model_hash_find(name, teacher->hash, err);
}

ig_status ig_run_teachers_load(ig_run *run, ig_error *err) {
  const size_t count = run->config.teachers.count;
  ig_pool *pool;
  if (count == 0) return IG_OK;
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

// A model learns from those of its kind.
static ig_status check_head(const ig_run *run, const ig_vocabulary_owner *its, ig_error *err) {
  if (its->model->config.head.kind == run->model->config.head.kind) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: expected a teacher with a %s, found %s",
                 its->directory, run->generates ? "decoder" : "head for question answering",
                 ig_config_decodes(&its->model->config) ? "a decoder" : "an encoder without");
}

static bool has_same_tokens(const ig_frame_tokens *a, const ig_frame_tokens *b) {
  bool same = a->ids.count == b->ids.count;
  for (size_t i = 0; same && i < a->ids.count; i++)
    same = a->ids.ids[i] == b->ids.ids[i] && a->types.ids[i] == b->types.ids[i];
  return same;
}

// An encoder's windows are its teacher's, so both tokenizers put the same around the texts of a
// pair.
static ig_status check_windows(const ig_vocabulary_owner *ours, const ig_vocabulary_owner *its,
                               ig_error *err) {
  ig_tokenizer_frame a = {0}, b = {0};
  ig_status status = ig_tokenizer_pairs_frame(ours->tokenizer, &a, err);
  if (status == IG_OK) status = ig_tokenizer_pairs_frame(its->tokenizer, &b, err);
  const bool same = a.first_type == b.first_type && a.second_type == b.second_type &&
                    has_same_tokens(&a.before, &b.before) &&
                    has_same_tokens(&a.between, &b.between) && has_same_tokens(&a.after, &b.after);
  ig_tokenizer_frame_free(&a);
  ig_tokenizer_frame_free(&b);
  if (status != IG_OK || same) return status;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: its tokenizer gives questions and contexts other special tokens, or other "
                 "types, than %s",
                 its->directory, ours->directory);
}

static ig_status check_teacher(const ig_run *run, size_t i, ig_error *err) {
  const ig_vocabulary_owner ours = owner_of_student(run), its = owner_of(run, i);
  const int positions = its.model->config.positions.count;
  int start;
  IG_TRY(check_head(run, &its, err));
  IG_TRY(ig_one_vocabulary_check_source(&ours, &its, one_vocabulary, err));
  if (run->generates)
    IG_TRY(ig_one_vocabulary_check_target(&ours, &its, one_vocabulary, &start, err));
  else
    IG_TRY(check_windows(&ours, &its, err));
  if (positions == 0 || run->max_length <= positions) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: this teacher has %d positions, but data.max_length is %d: expected at most "
                 "as many tokens",
                 its.directory, positions, run->max_length);
}

static ig_status check_top_k(const ig_run *run, ig_error *err) {
  const int tokens = run->model->config.target_vocab_size, found = run->config.teacher_top_k;
  if (found <= tokens) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: train.teacher_top_k: expected at most the %d tokens of the vocabulary, "
                 "found %d; leave it out for all of them",
                 run->config.path, tokens, found);
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
  IG_TRY(check_top_k(run, err));
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
