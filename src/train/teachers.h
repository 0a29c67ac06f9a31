// A trainer's teachers: their passes, and the rows that they make of a batch.
#ifndef IG_TRAIN_TEACHERS_H
#define IG_TRAIN_TEACHERS_H
#include "base/pool.h"
#include "model/run/pass.h"
#include "train/teaching.h"

// Start from {0}; ig_teachers_free. After the first teaching and ig_teachers_reserve, running
// allocates nothing, and neither does a teaching of known models that are no more than before.
typedef struct ig_teachers {
  struct known_teacher *known;  // (known_count): whoever has taught so far
  size_t known_count, known_capacity;
  size_t *running;          // (soft.count): indices of them
  ig_soft_source *sources;  // (soft.count)
  size_t running_capacity, source_capacity;
  ig_soft_targets soft;  // count 0: nobody teaches
  int *input;            // (rows of targets): what a decoder with another start token reads
  size_t input_capacity;
} ig_teachers;

// As ig_trainer_set_teaching. student: the model that is trained; pool runs the teachers.
ig_status ig_teachers_set(ig_teachers *teachers, const ig_model *student, ig_pool *pool,
                          const ig_teaching *teaching, ig_error *err);
// Of a loss over rows that were run; NULL: nobody teaches.
const ig_soft_targets *ig_teachers_soft(const ig_teachers *teachers);
// As ig_pass_reserve, for whoever teaches now. The bounds are those of the student's pass.
ig_status ig_teachers_reserve(ig_teachers *teachers, const ig_pass_bounds *most,
                              const ig_pass_bounds *expected, ig_error *err);
// Forward, without dropout: fills the rows of ig_teachers_soft, which lie in the teachers until
// the next run.
ig_status ig_teachers_run(ig_teachers *teachers, const ig_model *student, const ig_batch *batch,
                          ig_error *err);
void ig_teachers_free(ig_teachers *teachers);
#endif
