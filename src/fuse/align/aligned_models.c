#include "fuse/align/aligned_models.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "fuse/align/alignable.h"
#include "fuse/align/aligned_directory.h"
#include "fuse/align/align_pairs.h"
#include "fuse/align/unit_orders.h"
#include "fuse/run/made_directory.h"

// The donor, loaded once for all.
typedef struct target {
  const ig_aligning *aligning;
  const ig_fuse_model *donor;
  ig_model *model;  // NULL: not yet
  ig_symmetries symmetries;
  ig_align_pairs pairs;  // of a method that takes data
} target;

static ig_status load_donor(target *t, ig_error *err) {
  if (t->model) return IG_OK;
  IG_TRY(ig_model_load(t->donor->directory, &t->model, err));
  return ig_unit_orders_list(&t->aligning->plan->recipe->align, t->model, t->donor->reference,
                             &t->symmetries, err);
}

static void free_target(target *t) {
  ig_model_free(t->model);
  ig_symmetries_free(&t->symmetries);
  ig_align_pairs_close(&t->pairs);
}

// ---- one model --------------------------------------------------------------

// Puts the loaded model in the donor's order.
static ig_status align(target *t, const ig_fuse_model *source, ig_model *model,
                       ig_provenance *provenance, ig_error *err) {
  const ig_aligning *a = t->aligning;
  json_t *found;
  const ig_unit_orders_args args = {.how = &a->plan->recipe->align,
                                    .symmetries = &t->symmetries,
                                    .to = t->model,
                                    .from = model,
                                    .to_name = t->donor->reference,
                                    .from_name = source->reference,
                                    .data = &t->pairs.data,
                                    .kernels = a->plan->kernels,
                                    .pool = a->pool,
                                    .reporter = a->reporter,
                                    .interrupter = a->interrupter};
  IG_TRY(ig_alignable_compare(&(ig_alignable_model){t->model, t->donor->reference},
                              &(ig_alignable_model){model, source->reference}, err));
  IG_TRY(ig_unit_orders_put(&args, &found, err));
  return json_object_set_new(provenance->json, ig_provenance_found, found) ? ig_fail_memory(err)
                                                                           : IG_OK;
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
  if (t->pairs.data.train_count &&
      json_object_set_new(aligned, "data", ig_align_pairs_describe(&t->pairs)))
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
  ig_status status = IG_OK;
  if (a->plan->recipe->align.data_count)
    status = ig_align_pairs_open(a->plan, a->pool, a->reporter, &t.pairs, err);
  if (status == IG_OK) status = make_all(&t, history, out, err);
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
