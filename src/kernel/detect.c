// CPUID and XGETBV, and what follows from them.
#include "kernel/detect.h"

#include <pthread.h>
#include <string.h>

#include "ingot.h"
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(IG_AMX) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum {
  LEAF1_ECX_FMA = 1u << 12,
  LEAF1_ECX_OSXSAVE = 1u << 27,
  LEAF1_ECX_AVX = 1u << 28,
  LEAF1_ECX_F16C = 1u << 29,
  LEAF7_EBX_AVX2 = 1u << 5,
  LEAF7_EBX_AVX512F = 1u << 16,
  LEAF7_EBX_AVX512DQ = 1u << 17,
  LEAF7_EBX_AVX512BW = 1u << 30,
  LEAF7_EDX_AMX_BF16 = 1u << 22,
  LEAF7_EDX_AMX_TILE = 1u << 24,
  LEAF7_EDX_AMX_INT8 = 1u << 25,
  LEAF7_ECX_AVX512_VNNI = 1u << 11,
  LEAF7_1_EAX_AVX_VNNI = 1u << 4,
  LEAF7_1_EAX_AVX512_BF16 = 1u << 5,
  XCR0_YMM = 0x06,  // xmm and upper ymm halves
  XCR0_ZMM = 0xe6,  // and mask registers, upper zmm halves, zmm16-31
  XCR0_TILES = 0x60000,
};
static const uint32_t LEAF7_EBX_AVX512VL = 1u << 31;  // does not fit an enumerator's int

static bool has_all(uint64_t value, uint64_t bits) { return (value & bits) == bits; }

static bool has_avx2(const ig_cpu_leaves *leaves) {
  const uint32_t leaf1 = LEAF1_ECX_FMA | LEAF1_ECX_OSXSAVE | LEAF1_ECX_AVX | LEAF1_ECX_F16C;
  return has_all(leaves->leaf1_ecx, leaf1) && has_all(leaves->leaf7_ebx, LEAF7_EBX_AVX2) &&
         has_all(leaves->xcr0, XCR0_YMM);
}

static bool has_avx512(const ig_cpu_leaves *leaves) {
  const uint32_t leaf7 =
      LEAF7_EBX_AVX512F | LEAF7_EBX_AVX512DQ | LEAF7_EBX_AVX512BW | LEAF7_EBX_AVX512VL;
  return has_avx2(leaves) && has_all(leaves->leaf7_ebx, leaf7) && has_all(leaves->xcr0, XCR0_ZMM);
}

static bool has_amx(const ig_cpu_leaves *leaves) {
  const uint32_t leaf7 = LEAF7_EDX_AMX_BF16 | LEAF7_EDX_AMX_TILE | LEAF7_EDX_AMX_INT8;
  return has_avx512(leaves) && has_all(leaves->leaf7_edx, leaf7) &&
         has_all(leaves->leaf7_1_eax, LEAF7_1_EAX_AVX512_BF16) && has_all(leaves->xcr0, XCR0_TILES);
}

unsigned ig_detect_features(const ig_cpu_leaves *leaves) {
  unsigned features = 0;
  if (has_avx2(leaves)) features |= IG_CPU_FEATURE_AVX2;
  if (has_avx512(leaves)) features |= IG_CPU_FEATURE_AVX512;
  if (has_amx(leaves)) features |= IG_CPU_FEATURE_AMX;
  if (has_avx2(leaves) && has_all(leaves->leaf7_1_eax, LEAF7_1_EAX_AVX_VNNI))
    features |= IG_CPU_FEATURE_AVX_VNNI;
  if (has_avx512(leaves) && has_all(leaves->leaf7_ecx, LEAF7_ECX_AVX512_VNNI))
    features |= IG_CPU_FEATURE_AVX512_VNNI;
  if (has_avx512(leaves) && has_all(leaves->leaf7_1_eax, LEAF7_1_EAX_AVX512_BF16))
    features |= IG_CPU_FEATURE_AVX512_BF16;
  return features;
}

ig_cpu_leaves ig_detect_read_leaves(void) {
  ig_cpu_leaves leaves = {0};
#if defined(__x86_64__)
  uint32_t a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d)) leaves.leaf1_ecx = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    leaves.leaf7_ebx = b;
    leaves.leaf7_ecx = c;
    leaves.leaf7_edx = d;
  }
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) leaves.leaf7_1_eax = a;
  if (leaves.leaf1_ecx & LEAF1_ECX_OSXSAVE) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    leaves.xcr0 = (uint64_t)high << 32 | low;
  }
#endif
  return leaves;
}

// Linux gives a process the state of tiles only if it asks for it
// (Documentation/arch/x86/xstate.rst).
static bool ask_for_tiles(void) {
#if defined(IG_AMX) && defined(__linux__)
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
  return false;
#endif
}

// They are read once in a process, for CPUID leaves a virtual machine: hundreds of times in the
// opening of a model are a millisecond there.
static unsigned own_features;

static void find_own_features(void) {
  const ig_cpu_leaves leaves = ig_detect_read_leaves();
  own_features = ig_detect_features(&leaves);
}

bool ig_detect_may_run(unsigned needed) {
  static pthread_once_t found = PTHREAD_ONCE_INIT;
  pthread_once(&found, find_own_features);
  if (!has_all(own_features, needed)) return false;
  return !(needed & IG_CPU_FEATURE_AMX) || ask_for_tiles();
}

// Leaves 0x80000002 to 0x80000004 hold the name, 16 bytes each, padded with blanks on either side
// (Intel SDM vol. 2, CPUID: processor brand string).
void ig_cpu_name(char name[64]) {
  if (!name) return;
  char text[49] = "";
#if defined(__x86_64__)
  for (uint32_t i = 0; i < 3; i++) {
    uint32_t words[4];
    if (!__get_cpuid(0x80000002u + i, &words[0], &words[1], &words[2], &words[3])) break;
    memcpy(text + 16 * i, words, sizeof words);
  }
#endif
  const char *begin = text + strspn(text, " ");
  size_t length = strlen(begin);
  while (length > 0 && begin[length - 1] == ' ') length--;
  memcpy(name, begin, length);
  name[length] = '\0';
  if (length == 0) memcpy(name, "unknown", sizeof "unknown");
}
