// The methods, by the file that defines them. The top of that file says what each computes.
#ifndef IG_FUSE_METHOD_METHODS_H
#define IG_FUSE_METHOD_METHODS_H
#include "fuse/method/method.h"

// weighted_mean.c
extern const ig_method ig_method_linear, ig_method_greedy_soup, ig_method_passthrough;
// slerp.c
extern const ig_method ig_method_slerp;
// nearswap.c
extern const ig_method ig_method_nearswap;
// task_vectors.c
extern const ig_method ig_method_task_arithmetic, ig_method_ties, ig_method_dare_linear,
    ig_method_dare_ties, ig_method_breadcrumbs, ig_method_breadcrumbs_ties, ig_method_della,
    ig_method_della_linear;
// model_stock.c
extern const ig_method ig_method_model_stock;
// nuslerp.c
extern const ig_method ig_method_nuslerp;
// sphere.c
extern const ig_method ig_method_multislerp, ig_method_karcher;
// sce.c
extern const ig_method ig_method_sce;
// ram.c
extern const ig_method ig_method_ram, ig_method_ramplus_tl;
// arcee_fusion.c
extern const ig_method ig_method_arcee_fusion;
// expo.c
extern const ig_method ig_method_expo;
// spectral.c
extern const ig_method ig_method_iso_c, ig_method_tsv_m;
// ema.c
extern const ig_method ig_method_ema;
// learned.c
extern const ig_method ig_method_learned;
// fisher.c
extern const ig_method ig_method_fisher;
// regmean.c
extern const ig_method ig_method_regmean;
// extract_lora.c
extern const ig_method ig_method_extract_lora;
#endif
