#include "fuse/learn_stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/writer.h"
#include "fuse/plan/planner.h"
#include "fuse/record/provenance.h"
#include "fuse/search/learn.h"

enum { STATE_NAME = 32 };

static void name_state(size_t index, char name[STATE_NAME]) {
  snprintf(name, STATE_NAME, "learning-%zu.json", index);
}

// The recipe and the stamps of all models.
static ig_status identify(const ig_learn_stage_args *args, const ig_fusion_plan *plan,
                          char identity[IG_HASH_TEXT], ig_error *err) {
  ig_provenance provenance;
  const ig_provenance_options options = {.hashes = args->hashes};
  ig_status status = ig_provenance_begin(plan, &options, &provenance, err);
  if (status == IG_OK) status = ig_provenance_fingerprint(&provenance, identity, err);
  ig_provenance_free(&provenance);
  return status;
}

static ig_status learn(const ig_learn_stage_args *args, const ig_fusion_plan *plan,
                       ig_recipe_file *recipe, json_t **record, ig_error *err) {
  char identity[IG_HASH_TEXT];
  IG_TRY(ig_problems_report(&plan->problems, args->stages->file, &args->options->reporter, err));
  IG_TRY(identify(args, plan, identity, err));
  char name[STATE_NAME];
  name_state(args->index, name);
  char *path = ig_path_join(args->directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_learn_args how = {.plan = plan,
                             .identity = identity,
                             .directory = args->directory,
                             .state_path = path,
                             .options = args->options};
  const ig_status status = ig_learn(&how, recipe, record, err);
  free(path);
  return status;
}

ig_status ig_learn_stage(const ig_learn_stage_args *args, ig_recipe_file *recipe, json_t **record,
                         ig_error *err) {
  ig_fusion_plan plan;
  *recipe = (ig_recipe_file){0};
  *record = NULL;
  ig_status status = ig_planner_make(args->stages->stage[args->index].recipe, args->models,
                                     args->model_count, &plan, err);
  if (status == IG_OK) status = learn(args, &plan, recipe, record, err);
  ig_fusion_plan_free(&plan);
  return status;
}

// Whether the file is the state of this name, or one that was being written when a run was killed.
static bool is_state(const char *file, const char *state) {
  return strcmp(file, state) == 0 || ig_writer_is_temporary_of(file, state);
}

static ig_status remove_in(const char *directory, const char *name, ig_error *err) {
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const bool failed = unlink(path) != 0 && errno != ENOENT;
  const ig_status status = failed ? ig_fail_system(err, path, "remove") : IG_OK;
  free(path);
  return status;
}

ig_status ig_learn_stage_forget(const char *directory, size_t index, ig_error *err) {
  char name[STATE_NAME];
  ig_listing listing;
  name_state(index, name);
  IG_TRY(ig_listing_read(directory, &listing, err));
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    if (is_state(listing.names[i], name)) status = remove_in(directory, listing.names[i], err);
  ig_listing_free(&listing);
  return status;
}
