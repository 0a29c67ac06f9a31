// What a stage needs found before it is planned for good: models chosen by their scores, models in
// another order, values that are searched, coefficients that are learned, statistics that are
// gathered.
#ifndef IG_FUSE_STAGE_PREPARATION_H
#define IG_FUSE_STAGE_PREPARATION_H
#include "fuse/align/aligned_models.h"
#include "fuse/run/soup_averages.h"
#include "fuse/statistics_stage.h"

typedef struct ig_stage_preparation_args {
  const ig_fuse_options *options;
  ig_stages *stages;      // those before `index` are made
  size_t index;           // of the stage
  const char *directory;  // OUTPUT.stages
  ig_hash_kind hashes;
  ig_pool *pool;
  json_t *history;             // an array, which gets the provenance of models that are made
  ig_soup_averages *averages;  // scores averages of models
} ig_stage_preparation_args;

typedef struct ig_stage_preparation {
  bool replans;  // the stage's plan must be made again
  // (model_count): what the stage's names mean besides directories. Borrowed.
  const ig_stage_model *models;
  size_t model_count;
  ig_aligned_models aligned;
  // Of learning or searching: it has taken the place of the stage's own recipe. Empty: none has.
  ig_recipe_file found_recipe;
  ig_statistics_set statistics;
  // What fusion.json tells of it; NULL: there is nothing to tell.
  json_t *scores, *learned, *searched;
} ig_stage_preparation;  // start from {0}

// ig_stage_preparation_free in any case, after the last use of the stage's recipe.
ig_status ig_stage_preparation_make(const ig_stage_preparation_args *args,
                                    ig_stage_preparation *out, ig_error *err);
void ig_stage_preparation_free(ig_stage_preparation *preparation);

// Whether it has left files in OUTPUT.stages.
bool ig_stage_preparation_has_left(const ig_stage_preparation *preparation,
                                   const ig_fuse_options *options);
// Removes them; a warning tells of a directory that cannot be.
ig_status ig_stage_preparation_remove(const ig_stage_preparation *preparation,
                                      const ig_stage_preparation_args *args, ig_error *err);
#endif
