// Running the teachers. Each has a pass of its own, made when it first teaches and kept.
#include "train/teachers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

typedef struct known_teacher {
  const ig_model *model;
  ig_pass *pass;
} known_teacher;

// ---- who teaches -------------------------------------------------------------

static ig_status check_teacher(const ig_teaching *teaching, size_t i, const ig_model *student,
                               ig_error *err) {
  const ig_teacher *teacher = &teaching->teachers[i];
  IG_TRY(ig_fail_if_null(teacher->model, "teaching: the model of a teacher", err));
  const ig_config *its = &teacher->model->config;
  if (its->head.kind != student->config.head.kind)
    return ig_config_decodes(&student->config)
               ? ig_fail(err, IG_ERROR_UNSUPPORTED,
                         "teacher %zu: expected a model with a decoder, found an encoder", i + 1)
               : ig_fail(err, IG_ERROR_UNSUPPORTED,
                         "teacher %zu: expected an encoder with a head for question answering, as "
                         "the model that learns",
                         i + 1);
  if (its->target_vocab_size != student->config.target_vocab_size)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "teacher %zu: expected as many target ids as the model that learns has, %d, "
                   "found %d",
                   i + 1, student->config.target_vocab_size, its->target_vocab_size);
  if (!(teacher->weight >= 0 && isfinite(teacher->weight)))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "teacher %zu: weight: expected a finite number from 0 on, found %g", i + 1,
                   teacher->weight);
  return IG_OK;
}

static ig_status check_teaching(const ig_teaching *t, const ig_model *student, ig_error *err) {
  IG_TRY(ig_fail_if_null(t, "teaching", err));
  if (t->count == 0) return IG_OK;
  IG_TRY(ig_fail_if_null(t->teachers, "teaching: teachers", err));
  const bool spans = student->config.head.kind == IG_HEAD_SPAN;
  if (!ig_config_decodes(&student->config) && !spans)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "learning from a teacher is built for models with a decoder, and for encoders "
                   "with a head for question answering");
  if (spans && t->top_k != 0)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "top_k: expected 0 of a model that finds answers, found %d", t->top_k);
  if (!(t->share >= 0 && t->share <= 1))
    return ig_fail(err, IG_ERROR_ARGUMENT, "share: expected a number from 0 to 1, found %g",
                   t->share);
  if (!((float)t->temperature > 0 && isfinite((float)t->temperature)))
    return ig_fail(err, IG_ERROR_ARGUMENT, "temperature: expected a number above 0, found %g",
                   t->temperature);
  if (t->top_k < 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "top_k: expected a number not below 0, found %d",
                   t->top_k);
  double sum = 0;
  for (size_t i = 0; i < t->count; i++) {
    IG_TRY(check_teacher(t, i, student, err));
    sum += t->teachers[i].weight;
  }
  return isfinite(sum)
             ? IG_OK
             : ig_fail(err, IG_ERROR_ARGUMENT, "teachers: expected weights with a finite sum");
}

// The index of a model among the known ones; known_count: it is none of them.
static size_t find_known(const ig_teachers *t, const ig_model *model) {
  size_t index = 0;
  while (index < t->known_count && t->known[index].model != model) index++;
  return index;
}

// A model joins the known ones if it is new.
static ig_status know(ig_teachers *t, const ig_model *model, ig_pool *pool, ig_error *err) {
  if (find_known(t, model) < t->known_count) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&t->known, &t->known_capacity, t->known_count + 1,
                          sizeof *t->known, err));
  known_teacher *new = &t->known[t->known_count];
  *new = (known_teacher){.model = model};
  IG_TRY(ig_pass_create(model, pool, &new->pass, err));
  t->known_count++;
  return IG_OK;
}

// The weight of a teacher among all, whose weights sum to 1; 0: it has no part in the loss.
static float weight_of(const ig_teaching *teaching, size_t index) {
  double sum = 0;
  for (size_t i = 0; i < teaching->count; i++) sum += teaching->teachers[i].weight;
  return (float)(sum > 0 ? teaching->teachers[index].weight / sum : 1.0 / (double)teaching->count);
}

// Makes all that the teaching needs; who teaches meanwhile stays. Nothing is allocated where
// everybody is known and as many have taught before.
static ig_status reserve_teaching(ig_teachers *t, ig_pool *pool, const ig_teaching *teaching,
                                  ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&t->running, &t->running_capacity, teaching->count,
                          sizeof *t->running, err));
  const ig_status status = ig_allocate_more((void **)&t->sources, &t->source_capacity,
                                            teaching->count, sizeof *t->sources, err);
  t->soft.sources = t->sources;  // they may have moved
  IG_TRY(status);
  for (size_t i = 0; i < teaching->count; i++)
    if (weight_of(teaching, i) > 0) IG_TRY(know(t, teaching->teachers[i].model, pool, err));
  return IG_OK;
}

ig_status ig_teachers_set(ig_teachers *t, const ig_model *student, ig_pool *pool,
                          const ig_teaching *teaching, ig_error *err) {
  IG_TRY(check_teaching(teaching, student, err));
  if (teaching->count > 0) IG_TRY(reserve_teaching(t, pool, teaching, err));
  int count = 0;
  for (size_t i = 0; i < teaching->count; i++) {
    const ig_model *model = teaching->teachers[i].model;
    const float weight = weight_of(teaching, i);
    if (!(weight > 0)) continue;
    t->running[count] = find_known(t, model);
    t->sources[count++] = (ig_soft_source){.output = model->output, .weight = weight};
  }
  t->soft = (ig_soft_targets){.sources = t->sources,
                              .count = count,
                              .share = (float)teaching->share,
                              .temperature = (float)teaching->temperature,
                              .top_k = teaching->top_k};
  return IG_OK;
}

const ig_soft_targets *ig_teachers_soft(const ig_teachers *t) {
  return t->soft.count > 0 ? &t->soft : NULL;
}

void ig_teachers_free(ig_teachers *t) {
  for (size_t i = 0; i < t->known_count; i++) ig_pass_free(t->known[i].pass);
  free(t->known);
  free(t->running);
  free(t->sources);
  free(t->input);
  *t = (ig_teachers){0};
}

// ---- what they say -------------------------------------------------------------

static ig_pass_bounds forward_bounds(const ig_pass_bounds *of_student) {
  ig_pass_bounds b = *of_student;
  b.backward = false;
  b.recompute = false;
  b.soft = NULL;
  b.headless = true;
  return b;
}

static ig_status reserve_input(ig_teachers *t, int rows, ig_error *err) {
  return ig_allocate_more((void **)&t->input, &t->input_capacity, (size_t)rows, sizeof *t->input,
                          err);
}

ig_status ig_teachers_reserve(ig_teachers *t, const ig_pass_bounds *most,
                              const ig_pass_bounds *expected, ig_error *err) {
  const ig_pass_bounds reserved = forward_bounds(most), touched = forward_bounds(expected);
  if (t->soft.count > 0) IG_TRY(reserve_input(t, most->target_rows, err));
  for (int m = 0; m < t->soft.count; m++)
    IG_TRY(ig_pass_reserve(t->known[t->running[m]].pass, &reserved, &touched, err));
  return IG_OK;
}

// What the teacher's decoder reads: the student's input, from its own start token on.
static ig_status input_of(ig_teachers *t, const ig_model *teacher, const ig_model *student,
                          const ig_batch *batch, const int **out, ig_error *err) {
  const int ours = student->config.decoder_start_id, its = teacher->config.decoder_start_id;
  const int rows = batch->target_offsets[batch->sequences];
  *out = batch->target_input;
  if (its == ours || rows == 0) return IG_OK;
  IG_TRY(reserve_input(t, rows, err));
  memcpy(t->input, batch->target_input, (size_t)rows * sizeof *t->input);
  for (int s = 0; s < batch->sequences; s++) {
    const int first = batch->target_offsets[s];
    if (first < batch->target_offsets[s + 1] && t->input[first] == ours) t->input[first] = its;
  }
  *out = t->input;
  return IG_OK;
}

ig_status ig_teachers_run(ig_teachers *t, const ig_model *student, const ig_batch *batch,
                          ig_error *err) {
  for (int m = 0; m < t->soft.count; m++) {
    const known_teacher *teacher = &t->known[t->running[m]];
    ig_batch its = *batch;
    if (ig_config_decodes(&student->config)) {
      IG_TRY(input_of(t, teacher->model, student, batch, &its.target_input, err));
      its.target_output = NULL;
    }
    const ig_pass_args args = {.batch = &its, .hidden = &t->sources[m].hidden};
    const ig_status status = ig_pass_run(teacher->pass, &args, NULL, err);
    if (status != IG_OK) return ig_fail_in(err, status, "teacher %d", m + 1);
  }
  return IG_OK;
}
