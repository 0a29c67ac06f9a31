// Statistics of the models that are fused (fuse/method/method.h), as files of a plan: of each model
// one, whose tensors have the names that the model's own files give to the same tensors.
#ifndef IG_FUSE_PLAN_PLANNED_STATISTICS_H
#define IG_FUSE_PLAN_PLANNED_STATISTICS_H
#include "fuse/plan/fusion_plan.h"

typedef struct ig_statistics_file {
  char *path;
  double norm;  // L2, of all its values
} ig_statistics_file;

// Opens files (count), in the order of the recipe's models, and gives each tensor of the plan its
// statistics. A tensor without any has none; IG_ERROR_UNSUPPORTED: only some of its inputs have
// them, or another shape.
ig_status ig_planned_statistics_open(ig_fusion_plan *plan, const ig_statistics_file *files,
                                     size_t count, ig_error *err);
// The most values of a statistic that one model can have of the tensor; 0: the method asks for
// none.
size_t ig_planned_statistics_values(const ig_plan_tensor *tensor);
#endif
