#include "fuse/align/aligned_models.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "fuse/align/alignable.h"
#include "fuse/align/aligned_directory.h"
#include "fuse/align/weight_matching.h"
#include "fuse/run/made_directory.h"

// The donor, loaded once for all.
typedef struct target {
  const ig_aligning *aligning;
  const ig_fuse_model *donor;
  ig_model *model;  // NULL: not yet
  ig_symmetries symmetries;
  uint32_t *orders;  // (places)
} target;

static ig_status load_donor(target *t, ig_error *err) {
  if (t->model) return IG_OK;
  IG_TRY(ig_model_load(t->donor->directory, &t->model, err));
  IG_TRY(ig_symmetries_list(t->model, t->donor->reference, &t->symmetries, err));
  t->orders = ig_allocate(t->symmetries.places, sizeof *t->orders, err);
  return t->orders ? IG_OK : IG_ERROR_MEMORY;
}

static void free_target(target *t) {
  ig_model_free(t->model);
  ig_symmetries_free(&t->symmetries);
  free(t->orders);
}

// ---- one model --------------------------------------------------------------

static ig_status note_result(const ig_weight_matching_result *result, ig_provenance *provenance,
                             ig_error *err) {
  json_t *moved = json_object();
  bool fine = moved != NULL;
  for (int i = 0; fine && i < IG_PERMUTATION_KINDS; i++)
    fine = json_object_set_new(moved, ig_symmetries_kind_name((ig_permutation_kind)i),
                               json_integer((json_int_t)result->moved[i])) == 0;
  json_t *found = fine
                      ? json_pack("{s:f, s:f, s:i, s:O}", "similarity_before",
                                  result->similarity_before, "similarity_after",
                                  result->similarity_after, "try", result->best_try, "moved", moved)
                      : NULL;
  json_decref(moved);
  if (found && json_object_set_new(provenance->json, ig_provenance_found, found) == 0) return IG_OK;
  return ig_fail_memory(err);
}

// Puts the loaded model in the donor's order.
static ig_status align(target *t, const ig_fuse_model *source, ig_model *model,
                       ig_provenance *provenance, ig_error *err) {
  const ig_aligning *a = t->aligning;
  const ig_recipe_align *how = &a->plan->recipe->align;
  ig_weight_matching_result result;
  const ig_weight_matching matching = {.symmetries = &t->symmetries,
                                       .to = t->model->values,
                                       .from = model->values,
                                       .seed = how->seed,
                                       .restarts = how->restarts,
                                       .kernels = a->plan->kernels,
                                       .pool = a->pool,
                                       .interrupter = a->interrupter};
  IG_TRY(ig_alignable_compare(&(ig_alignable_model){t->model, t->donor->reference},
                              &(ig_alignable_model){model, source->reference}, err));
  IG_TRY(ig_weight_matching_find(&matching, t->orders, &result, err));
  ig_report(a->reporter, IG_LEVEL_INFO, "aligned %s to %s: similarity of weights %.4f, before %.4f",
            source->reference, t->donor->reference, result.similarity_after,
            result.similarity_before);
  IG_TRY(ig_symmetries_apply(&t->symmetries, t->orders, model->values, err));
  return note_result(&result, provenance, err);
}

static ig_status align_and_write(target *t, const ig_fuse_model *source, const char *path,
                                 ig_provenance *provenance, ig_error *err) {
  ig_model *model = NULL;
  IG_TRY(load_donor(t, err));
  ig_status status = ig_model_load(source->directory, &model, err);
  if (status == IG_OK) status = align(t, source, model, provenance, err);
  const ig_aligned_directory directory = {.path = path,
                                          .source = source,
                                          .model = model,
                                          .provenance = provenance,
                                          .pool = t->aligning->pool};
  if (status == IG_OK) status = ig_aligned_directory_write(&directory, err);
  ig_model_free(model);
  return status;
}

// Makes the directory, unless it is there from the same inputs.
static ig_status make(target *t, const ig_fuse_model *source, const char *path,
                      ig_provenance *provenance, json_t *history, ig_error *err) {
  json_t *done;
  json_t *aligned = json_pack("{s:s, s:s}", "model", source->reference, "to", t->donor->reference);
  if (!aligned || json_object_set_new(provenance->json, "aligned", aligned))
    return ig_fail_memory(err);
  IG_TRY(ig_provenance_find_same(provenance, path, t->aligning->pool, &done, err));
  ig_status status = done ? IG_OK : ig_made_directory_remove(path, err);
  if (status == IG_OK && !done) status = align_and_write(t, source, path, provenance, err);
  if (status == IG_OK && json_array_append(history, done ? done : provenance->json))
    status = ig_fail_memory(err);
  json_decref(done);
  return status;
}

static ig_status make_recorded(target *t, const ig_fuse_model *source, const char *path,
                               json_t *history, ig_error *err) {
  const ig_provenance_options options = {.hashes = t->aligning->hashes};
  ig_provenance provenance;
  IG_TRY(ig_made_directory_check(path, err));
  ig_status status = ig_provenance_begin(t->aligning->plan, &options, &provenance, err);
  if (status == IG_OK) status = make(t, source, path, &provenance, history, err);
  ig_provenance_free(&provenance);
  return status;
}

// ---- all of a recipe --------------------------------------------------------

// No stage has a "+" in its name.
static char *name_directory(const ig_aligning *a, size_t model, ig_error *err) {
  char name[64];
  snprintf(name, sizeof name, "aligned+%zu+%zu", a->stage, model);
  return ig_path_join(a->directory, name, err);
}

static ig_status make_all(target *t, json_t *history, ig_aligned_models *out, ig_error *err) {
  const ig_fuse_models *models = &t->aligning->plan->models;
  for (size_t i = 0; i < models->count; i++) {
    const ig_fuse_model *source = &models->model[i];
    if (source == t->donor) continue;
    char *path = name_directory(t->aligning, i, err);
    if (!path) return IG_ERROR_MEMORY;
    out->directories[out->aligned] = path;
    out->models[out->aligned++] = (ig_stage_model){.name = source->reference, .directory = path};
    IG_TRY(make_recorded(t, source, path, history, err));
  }
  out->count = out->aligned;
  for (size_t i = 0; i < models->stage_count; i++) out->models[out->count++] = models->stages[i];
  return IG_OK;
}

ig_status ig_aligned_models_make(const ig_aligning *a, json_t *history, ig_aligned_models *out,
                                 ig_error *err) {
  const ig_fuse_models *models = &a->plan->models;
  target t = {.aligning = a, .donor = ig_fusion_plan_donor(a->plan)};
  out->models = ig_allocate(models->count + models->stage_count, sizeof *out->models, err);
  out->directories = ig_allocate(models->count, sizeof *out->directories, err);
  if (!out->models || !out->directories) return IG_ERROR_MEMORY;
  const ig_status status = make_all(&t, history, out, err);
  free_target(&t);
  return status;
}

ig_status ig_aligned_models_remove(const ig_aligned_models *models, const ig_reporter *reporter,
                                   ig_error *err) {
  for (size_t i = 0; i < models->aligned; i++)
    IG_TRY(ig_made_directory_remove_or_tell(models->directories[i], reporter, err));
  return IG_OK;
}

void ig_aligned_models_free(ig_aligned_models *models) {
  for (size_t i = 0; i < models->aligned; i++) free(models->directories[i]);
  free(models->directories);
  free(models->models);
  *models = (ig_aligned_models){0};
}
