// What a CPU can run, from its CPUID leaves and the state its operating system saves (Intel SDM
// vol. 1, 13.3 and 14.3; vol. 2, CPUID). Pure functions of recorded numbers, so that tests can ask
// about CPUs they do not have.
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
} ig_cpu_leaves;

typedef struct ig_cpu_features {
  bool avx2;    // AVX2, FMA and F16C, and ymm state saved
  bool avx512;  // the above, F, BW, DQ and VL, and zmm and mask state saved
  bool amx;     // the above, AVX512_BF16, AMX_TILE and AMX_BF16, and tile state saved
} ig_cpu_features;

ig_cpu_features ig_detect_features(const ig_cpu_leaves *leaves);
ig_cpu_leaves ig_detect_read_leaves(void);  // this CPU; all zero on other architectures
#endif
