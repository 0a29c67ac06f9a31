// DoRA (Liu et al., ICML 2024): W + scale B A, each of whose outputs is then given a length of its
// own, the magnitude m: m (W + scale B A) / |W + scale B A|.
#ifndef IG_IO_LORA_DORA_H
#define IG_IO_LORA_DORA_H
#include "io/lora_change.h"

// Sets the factors m / |W + scale B A| of a product. magnitude: as many values as outputs. before:
// changes, of which those of the same weight are made first. Reads the whole weight.
ig_status ig_lora_dora_set_factors(ig_lora_change *product, const ig_safetensor *magnitude,
                                   const ig_lora_changes *before, ig_error *err);
#endif
