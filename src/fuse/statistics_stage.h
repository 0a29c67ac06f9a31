// Statistics of the models of one stage of a recipe file (fuse/search/statistics.h), in a directory
// that keeps them for other fusions: STATISTIC-HASH.safetensors, whose hash is that of what they
// are of (the model's files and the data), and beside it STATISTIC-HASH.json, which says so.
#ifndef IG_FUSE_STATISTICS_STAGE_H
#define IG_FUSE_STATISTICS_STAGE_H
#include <jansson.h>
#include "fuse/plan/planned_statistics.h"
#include "fuse/plan/stages.h"
#include "fuse/record/contents.h"
#include "ingot.h"

typedef struct ig_statistics_stage_args {
  const ig_stages *stages;
  size_t index;                  // of the stage, whose method needs statistics
  const ig_stage_model *models;  // (model_count): what its names may mean besides directories
  size_t model_count;
  const char *directory;  // it is made when all data are read, if it is not there
  ig_hash_kind hashes;
  const ig_fuse_options *options;
} ig_statistics_stage_args;

typedef struct ig_statistics_set {
  ig_statistics_file *files;  // (count): in the order of the recipe's models
  size_t count;
  json_t *record;  // an array: what each is of
} ig_statistics_set;

// Reads the data of all models; then gathers what the directory does not have.
// ig_statistics_stage_free in any case.
ig_status ig_statistics_stage_gather(const ig_statistics_stage_args *args, ig_statistics_set *out,
                                     ig_error *err);
void ig_statistics_stage_free(ig_statistics_set *set);
// Removes the files.
ig_status ig_statistics_stage_remove(const ig_statistics_set *set, ig_error *err);
#endif
