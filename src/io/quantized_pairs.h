// Finding the tensors that are stored as int8 with scales, when a file is opened.
#ifndef IG_IO_QUANTIZED_PAIRS_H
#define IG_IO_QUANTIZED_PAIRS_H
#include "io/quantized.h"

// Replaces, in a list sorted by name, each pair of an I8 tensor and its scales by one tensor of
// F32; *count becomes what is left. *quantized (*pairs), for ig_quantized_pairs_free in any case,
// is borrowed by the tensors. A scale of another shape, of integers, or that is negative or not
// finite, is IG_ERROR_FORMAT. An I8 tensor without scales stays what it is; one with a zero point
// (NAME_zero_point) besides is IG_ERROR_UNSUPPORTED.
ig_status ig_quantized_pairs_make(ig_safetensor *tensors, size_t *count, ig_quantized **quantized,
                                  size_t *pairs, ig_error *err);
void ig_quantized_pairs_free(ig_quantized *quantized, size_t pairs);
#endif
