// CPU detection and the choice of a kernel table.
#include <stdlib.h>
#include <string.h>
#include "base/fail.h"
#include "kernel/detect.h"
#include "kernel/kernel.h"
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
  LEAF7_1_EAX_AVX512_BF16 = 1u << 5,
  XCR0_YMM = 0x06,  // xmm and upper ymm halves
  XCR0_ZMM = 0xe6,  // and mask registers, upper zmm halves, zmm16-31
  XCR0_TILES = 0x60000,
};
static const uint32_t LEAF7_EBX_AVX512VL = 1u << 31;  // does not fit an enumerator's int

static bool has_all(uint64_t value, uint64_t bits) { return (value & bits) == bits; }

ig_cpu_features ig_detect_features(const ig_cpu_leaves *leaves) {
  ig_cpu_features features = {0};
  const uint32_t wanted1 = LEAF1_ECX_FMA | LEAF1_ECX_OSXSAVE | LEAF1_ECX_AVX | LEAF1_ECX_F16C;
  features.avx2 = has_all(leaves->leaf1_ecx, wanted1) &&
                  has_all(leaves->leaf7_ebx, LEAF7_EBX_AVX2) && has_all(leaves->xcr0, XCR0_YMM);
  const uint32_t wanted7 =
      LEAF7_EBX_AVX512F | LEAF7_EBX_AVX512DQ | LEAF7_EBX_AVX512BW | LEAF7_EBX_AVX512VL;
  features.avx512 =
      features.avx2 && has_all(leaves->leaf7_ebx, wanted7) && has_all(leaves->xcr0, XCR0_ZMM);
  features.amx =
      features.avx512 && has_all(leaves->leaf7_edx, LEAF7_EDX_AMX_BF16 | LEAF7_EDX_AMX_TILE) &&
      has_all(leaves->leaf7_1_eax, LEAF7_1_EAX_AVX512_BF16) && has_all(leaves->xcr0, XCR0_TILES);
  return features;
}

// Linux hands a process the tiles' state only where it asks for it
// (Documentation/arch/x86/xstate.rst).
static bool tiles_granted(void) {
#if defined(IG_AMX) && defined(__linux__)
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
  return false;
#endif
}

ig_cpu_leaves ig_detect_read_leaves(void) {
  ig_cpu_leaves leaves = {0};
#if defined(__x86_64__)
  uint32_t a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d)) leaves.leaf1_ecx = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) leaves.leaf7_ebx = b, leaves.leaf7_edx = d;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) leaves.leaf7_1_eax = a;
  if (leaves.leaf1_ecx & LEAF1_ECX_OSXSAVE) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    leaves.xcr0 = (uint64_t)high << 32 | low;
  }
#endif
  return leaves;
}

// Best last.
static const ig_kernels *const tables[] = {
    &ig_kernels_reference,
#if defined(__x86_64__)
    &ig_kernels_avx2,
    &ig_kernels_avx512,
#if defined(IG_AMX)
    &ig_kernels_amx,
#endif
#endif
    NULL,
};

const ig_kernels *const *ig_kernels_all(void) { return tables; }

bool ig_kernels_supported(const ig_kernels *kernels) {
  if (kernels == &ig_kernels_reference) return true;
  ig_cpu_leaves leaves = ig_detect_read_leaves();
  ig_cpu_features features = ig_detect_features(&leaves);
  if (strcmp(kernels->name, "avx2") == 0) return features.avx2;
  if (strcmp(kernels->name, "avx512") == 0) return features.avx512;
  if (strcmp(kernels->name, "amx") == 0) return features.amx && tiles_granted();
  return false;
}

ig_status ig_kernels_select(const ig_kernels **out, ig_error *err) {
  const char *wanted = getenv("IG_ISA");
  if (wanted && !*wanted) wanted = NULL;
  const ig_kernels *found = NULL;
  for (const ig_kernels *const *table = tables; *table; table++) {
    if (wanted && strcmp((*table)->name, wanted) != 0) continue;
    bool supported = ig_kernels_supported(*table);
    if (wanted && !supported)
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "IG_ISA: this CPU (or its operating system) lacks '%s'", wanted);
    if (supported) found = *table;
  }
  if (!found)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "IG_ISA: unknown instruction set '%s' (reference, avx2, avx512, amx)", wanted);
  *out = found;
  return IG_OK;
}

ig_status ig_isa_name(const char **name, ig_error *err) {
  const ig_kernels *kernels;
  *name = NULL;
  IG_TRY(ig_kernels_select(&kernels, err));
  *name = kernels->name;
  return IG_OK;
}

const char *ig_isa_supported(size_t index) {
  for (const ig_kernels *const *table = tables; *table; table++) {
    if (ig_kernels_supported(*table) && index-- == 0) return (*table)->name;
  }
  return NULL;
}

// Leaves 0x80000002 to 0x80000004 hold it, 16 bytes each (Intel SDM vol. 2, CPUID: processor brand
// string), padded with blanks on either side.
void ig_cpu_name(char name[64]) {
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
