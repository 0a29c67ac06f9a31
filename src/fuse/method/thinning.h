// Thins out the differences of models from the base: some values of a task vector stay, and the
// others are made up for.
#ifndef IG_FUSE_METHOD_THINNING_H
#define IG_FUSE_METHOD_THINNING_H
#include "fuse/method/method.h"
#include "numeric/threshold.h"

typedef enum ig_thinning_kind {
  IG_THINNING_NONE,
  // The largest values stay; they are the part `density` of all. TIES (Yadav et al., NeurIPS 2023).
  IG_THINNING_BY_MAGNITUDE,
  // The very largest values, the part `gamma` of all, do not stay, and neither do the smallest. The
  // part `density` between them stays. Model Breadcrumbs (Davari & Belilovsky, ECCV 2024).
  IG_THINNING_OUTLIERS,
  // Each value stays with probability `density`. DARE (Yu et al., ICML 2024).
  IG_THINNING_BY_CHANCE,
  // Values stay by chance, the large ones of a row more often, with probabilities from
  //   density - epsilon to density + epsilon.
  // DELLA (Deep et al., 2024).
  IG_THINNING_BY_RANK_IN_ROW,
} ig_thinning_kind;

// How a method thins out its models.
typedef struct ig_thinning {
  ig_thinning_kind kind;
  ig_rescale rescale;
  // (inputs) each, with a stride of IG_METHOD_PARAMETERS. extra: gamma or epsilon.
  const double *density, *extra;
} ig_thinning;

// The functions of a method's table that thinning provides, with the contracts of
// fuse/method/method.h. The method's state and workspace belong to thinning alone. The passes are
// those of the thresholds (numeric/threshold.h), then one for the L1 norms before and after.
enum { IG_THINNING_NORMS = IG_THRESHOLD_PASSES, IG_THINNING_PASSES };
size_t ig_thinning_state_size(const ig_merge_tensor *merge);
size_t ig_thinning_workspace_size(const ig_thinning *thinning, const ig_merge_tensor *merge);
void ig_thinning_begin(const ig_thinning *thinning, ig_merge_tensor *merge);
size_t ig_thinning_probe_size(const ig_thinning *thinning, const ig_merge_tensor *merge);
void ig_thinning_probe(const ig_thinning *thinning, ig_merge_tensor *merge,
                       const ig_merge_block *probe);
size_t ig_thinning_sums(const ig_merge_tensor *merge, int pass);
size_t ig_thinning_counts(const ig_thinning *thinning, const ig_merge_tensor *merge, int pass);
bool ig_thinning_wants(const ig_thinning *thinning, const ig_merge_tensor *merge, int pass);
void ig_thinning_gather(const ig_thinning *thinning, const ig_merge_tensor *merge, int pass,
                        const ig_merge_block *block, ig_gathered *to);
void ig_thinning_end_pass(const ig_thinning *thinning, ig_merge_tensor *merge, int pass,
                          const ig_gathered *all);
// Sets d (count) to the thinned and rescaled difference of a model, for combine.
void ig_thinning_apply(const ig_thinning *thinning, const ig_merge_tensor *merge,
                       const ig_merge_block *block, size_t model, float *d);
#endif
