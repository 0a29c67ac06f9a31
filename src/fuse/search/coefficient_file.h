// Writing learned coefficients of rows as the file that fuse/plan/planned_coefficients.h reads.
#ifndef IG_FUSE_SEARCH_COEFFICIENT_FILE_H
#define IG_FUSE_SEARCH_COEFFICIENT_FILE_H
#include "fuse/search/tensor_groups.h"

// To the file that the plan's recipe names, atomically. values (models)(groups->coefficients).
ig_status ig_coefficient_file_write(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                                    const double *values, ig_error *err);
#endif
