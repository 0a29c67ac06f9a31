// What a CPU can run, from its CPUID leaves and the state its operating system saves (Intel SDM
// vol. 1, 13.3 and 14.3; vol. 2, CPUID).
#ifndef IG_KERNEL_DETECT_H
#define IG_KERNEL_DETECT_H
#include <stdbool.h>
#include <stdint.h>

typedef struct ig_cpu_leaves {
  uint32_t leaf1_ecx;
  uint32_t leaf7_ebx;  // subleaf 0; 0 where the CPU has no leaf 7
  uint64_t xcr0;       // 0 where XGETBV may not be executed (OSXSAVE clear)
  uint32_t leaf7_edx;
  uint32_t leaf7_1_eax;  // subleaf 1
  uint32_t leaf7_ecx;
} ig_cpu_leaves;

// Bits of a set: what the CPU has, or what a table of kernels needs.
typedef enum ig_cpu_feature {
  IG_CPU_FEATURE_AVX2 = 1 << 0,    // AVX2, FMA and F16C, and ymm state saved
  IG_CPU_FEATURE_AVX512 = 1 << 1,  // AVX2 as above, F, BW, DQ and VL, zmm and mask state saved
  IG_CPU_FEATURE_AMX = 1 << 2,     // AVX512 as above, AVX512_BF16, AMX_TILE, AMX_BF16, tiles saved
  IG_CPU_FEATURE_AVX_VNNI = 1 << 3,     // AVX2 as above, AVX_VNNI
  IG_CPU_FEATURE_AVX512_VNNI = 1 << 4,  // AVX512 as above, AVX512_VNNI
  IG_CPU_FEATURE_AVX512_BF16 = 1 << 5,  // AVX512 as above, AVX512_BF16
} ig_cpu_feature;

// The set of features that the leaves tell of. A pure function of recorded numbers, so that tests
// can ask about CPUs they do not have.
unsigned ig_detect_features(const ig_cpu_leaves *leaves);
// The leaves of this CPU; all zero on architectures other than x86-64.
ig_cpu_leaves ig_detect_read_leaves(void);
// Whether this process may run what needs this set of features: the CPU has them, and the operating
// system grants the registers that it hands out on request only.
bool ig_detect_may_run(unsigned needed);
#endif
