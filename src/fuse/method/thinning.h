// Thinning out differences from the base: which values of a task vector stay.
#ifndef IG_FUSE_METHOD_THINNING_H
#define IG_FUSE_METHOD_THINNING_H
#include "fuse/method/method.h"
#include "numeric/threshold.h"

typedef enum ig_thinning_kind {
  IG_THINNING_NONE,
  IG_THINNING_BY_MAGNITUDE,  // the largest stay: TIES (Yadav et al., NeurIPS 2023)
  // All but the `gamma` largest and the smallest: Model Breadcrumbs (Davari & Belilovsky, ECCV
  // 2024).
  IG_THINNING_OUTLIERS,
  IG_THINNING_BY_CHANCE,  // DARE (Yu et al., ICML 2024)
  // By chance, a row's large ones more often, density -+ epsilon: DELLA (Deep et al., 2024).
  IG_THINNING_BY_RANK_IN_ROW,
} ig_thinning_kind;

// What a method tells of one of its models.
typedef struct ig_thinning {
  ig_thinning_kind kind;
  ig_rescale rescale;
  const double *density,
      *extra;  // (inputs) with a stride of IG_METHOD_PARAMETERS; extra: gamma or epsilon
} ig_thinning;

// The parts of a method's table that thinning fills; the state is thinning's alone.
enum { IG_THINNING_NORMS = IG_THRESHOLD_PASSES, IG_THINNING_PASSES };
size_t ig_thinning_state_size(const ig_merge_tensor *merge);
size_t ig_thinning_workspace_size(const ig_thinning *thinning, const ig_merge_tensor *merge);
void ig_thinning_begin(const ig_thinning *thinning, ig_merge_tensor *merge);
size_t ig_thinning_probe_size(const ig_thinning *thinning, const ig_merge_tensor *merge);
void ig_thinning_look(const ig_thinning *thinning, ig_merge_tensor *merge,
                      const ig_merge_block *sample);
size_t ig_thinning_sums(const ig_merge_tensor *merge, int pass);
size_t ig_thinning_counts(const ig_thinning *thinning, const ig_merge_tensor *merge, int pass);
bool ig_thinning_wants(const ig_thinning *thinning, const ig_merge_tensor *merge, int pass);
void ig_thinning_gather(const ig_thinning *thinning, const ig_merge_tensor *merge, int pass,
                        const ig_merge_block *block, ig_gathered *to);
void ig_thinning_end_pass(const ig_thinning *thinning, ig_merge_tensor *merge, int pass,
                          const ig_gathered *all);
// d (count): the thinned difference of a model.
void ig_thinning_apply(const ig_thinning *thinning, const ig_merge_tensor *merge,
                       const ig_merge_block *block, size_t model, float *d);
#endif
