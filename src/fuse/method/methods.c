// The table of methods. A new method is a file in method/, a line in methods.h and a line here.
#include <string.h>
#include "fuse/method/method.h"
#include "fuse/method/methods.h"

const ig_method *const ig_methods[] = {
    &ig_method_linear,
    &ig_method_greedy_soup,
    &ig_method_passthrough,
    &ig_method_slerp,
    &ig_method_nearswap,
    &ig_method_task_arithmetic,
    &ig_method_ties,
    &ig_method_dare_linear,
    &ig_method_dare_ties,
    &ig_method_breadcrumbs,
    &ig_method_breadcrumbs_ties,
    &ig_method_della,
    &ig_method_della_linear,
    &ig_method_model_stock,
    &ig_method_nuslerp,
    &ig_method_multislerp,
    &ig_method_karcher,
    &ig_method_sce,
    &ig_method_ram,
    &ig_method_ramplus_tl,
    &ig_method_arcee_fusion,
    &ig_method_expo,
    &ig_method_iso_c,
    &ig_method_tsv_m,
    &ig_method_ema,
    &ig_method_learned,
    &ig_method_fisher,
    &ig_method_regmean,
    &ig_method_extract_lora,
    NULL,
};

const ig_method *ig_method_find(const char *name) {
  for (size_t i = 0; ig_methods[i]; i++)
    if (strcmp(ig_methods[i]->name, name) == 0) return ig_methods[i];
  return NULL;
}
