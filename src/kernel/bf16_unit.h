// Products of float32 matrices whose operands are rounded to bfloat16 as they are packed, with sums
// in float32: training with train.compute: bfloat16.
//
// Rounding is to nearest, ties to even; a magnitude below 2^-126 becomes zero of the same sign, NaN
// stays NaN. Two values of k that follow one another are a pair of 32 bits, the first one in the
// upper half. Vectors multiply pairs by vdpbf16ps where the CPU has it (AVX512_BF16). It multiplies
// the upper halves and adds them to the sum, then the lower ones, and rounds after each (Intel SDM
// vol. 2, VDPBF16PS): two fused multiply-adds in index order. Other vectors do just these.
//
// So the error class is [same bits] where the unit sums by value: each output is the chain of fused
// multiply-adds in index order over rounded operands. After each of them a sum below 2^-126 in
// magnitude becomes zero, as vdpbf16ps has it, and k is filled up with zeros to whole steps. Only
// the plain C of the reference may differ, where a sum is within half a unit in the last place of
// 2^-126.
//
// Tiles of AMX multiply the same rounded operands at 16 times the rate, and sum in another order:
// of each step of 32 values of k the even ones and the odd ones are a chain of fused multiply-adds
// each, from zero; the sum of both chains is added to the output (Intel SDM vol. 2, TDPBF16PS).
#ifndef IG_KERNEL_BF16_UNIT_H
#define IG_KERNEL_BF16_UNIT_H
#include "kernel/product_unit.h"

enum {
  IG_BF16_UNIT_DEPTH = 32,  // values of k in a step
  IG_BF16_UNIT_PAIRS = IG_BF16_UNIT_DEPTH / 2
};

// bf16_unit of the tables, each in the folder of its instruction set.
extern const ig_product_unit ig_bf16_unit_reference;
#if defined(__x86_64__)
extern const ig_product_unit ig_bf16_unit_avx2, ig_bf16_unit_avx512, ig_bf16_unit_avx512_bf16;
extern const ig_product_unit ig_bf16_unit_amx;
#endif
#endif
