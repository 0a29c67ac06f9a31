// Which coefficients each tensor of a fusion has: the tensors of the plan, and the group of each. A
// group has one coefficient or, where each row of a tensor has its own, as many as the tensor has
// rows.
#ifndef IG_FUSE_SEARCH_TENSOR_GROUPS_H
#define IG_FUSE_SEARCH_TENSOR_GROUPS_H
#include "fuse/plan/fusion_plan.h"

typedef struct ig_tensor_group {
  char *name;
  size_t first, rows;  // its coefficients are first .. first + rows - 1 of each model's
} ig_tensor_group;

typedef struct ig_tensor_groups {
  ig_tensor_group *items;  // (count)
  size_t count, capacity;
  size_t coefficients;  // of all groups, of one model
  size_t *of_tensor;    // (tensors of the plan): SIZE_MAX: it is not learned
} ig_tensor_groups;

// Groups the tensors that `is_learned` says yes to. ig_tensor_groups_free in any case.
typedef bool ig_tensor_is_learned(const void *context, const ig_plan_tensor *tensor);
ig_status ig_tensor_groups_make(const ig_fusion_plan *plan, ig_tensor_is_learned *is_learned,
                                const void *context, ig_tensor_groups *out, ig_error *err);
void ig_tensor_groups_free(ig_tensor_groups *groups);
#endif
