// The teachers of a learned fusion: models of the recipe, whose distributions of each next token
// are learned in place of the references (train/teaching.h).
#ifndef IG_FUSE_SEARCH_LEARNING_TEACHERS_H
#define IG_FUSE_SEARCH_LEARNING_TEACHERS_H
#include "fuse/plan/fusion_plan.h"
#include "train/trainer.h"

typedef struct ig_learning_teachers {
  const ig_recipe_source *sources;  // (count): the recipe's models
  ig_model **models;                // (count): NULL where nobody learns from it
  size_t count;                     // 0: the references teach
} ig_learning_teachers;

// Loads those that the recipe's sets name; a set that names none has all models for its teachers,
// with the mean of their probabilities. ig_learning_teachers_free in any case, after the trainer.
ig_status ig_learning_teachers_load(const ig_fusion_plan *plan, ig_learning_teachers *out,
                                    ig_error *err);
void ig_learning_teachers_free(ig_learning_teachers *teachers);
// Bytes that they take, at most.
size_t ig_learning_teachers_memory(const ig_fusion_plan *plan);
// From then on the trainer's loss is that of a set with this teacher; NULL: of all.
ig_status ig_learning_teachers_set(const ig_learning_teachers *teachers, ig_trainer *trainer,
                                   const char *teacher, ig_error *err);
#endif
