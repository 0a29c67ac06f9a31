// Unrolls whole loops of constant length. clang takes other pragmas for a hint: sums that belong
// into registers would stay in memory.
#ifndef IG_KERNEL_SIMD_UNROLL_H
#define IG_KERNEL_SIMD_UNROLL_H
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#endif
