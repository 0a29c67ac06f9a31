// The methods, by the file that holds them. What each computes stands there.
#ifndef IG_FUSE_METHOD_METHODS_H
#define IG_FUSE_METHOD_METHODS_H
#include "fuse/method/method.h"

extern const ig_method ig_method_linear, ig_method_greedy_soup,
    ig_method_passthrough;                  // weighted_mean.c
extern const ig_method ig_method_slerp;     // slerp.c
extern const ig_method ig_method_nearswap;  // nearswap.c
extern const ig_method ig_method_task_arithmetic, ig_method_ties, ig_method_dare_linear,
    ig_method_dare_ties, ig_method_breadcrumbs, ig_method_breadcrumbs_ties, ig_method_della,
    ig_method_della_linear;                                      // task_vectors.c
extern const ig_method ig_method_model_stock;                    // model_stock.c
extern const ig_method ig_method_nuslerp;                        // nuslerp.c
extern const ig_method ig_method_multislerp, ig_method_karcher;  // sphere.c
extern const ig_method ig_method_sce;                            // sce.c
extern const ig_method ig_method_ram, ig_method_ramplus_tl;      // ram.c
extern const ig_method ig_method_arcee_fusion;                   // arcee_fusion.c
extern const ig_method ig_method_expo;                           // expo.c
extern const ig_method ig_method_iso_c, ig_method_tsv_m;         // spectral.c
extern const ig_method ig_method_ema;                            // ema.c
extern const ig_method ig_method_extract_lora;                   // extract_lora.c
#endif
