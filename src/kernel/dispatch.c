// The choice of a kernel table.
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "kernel/kernels.h"
#include "ingot.h"

// The best one last.
static const ig_kernels *const tables[] = {
    &ig_kernels_reference,
#if defined(__x86_64__)
    &ig_kernels_avx2,
#if defined(IG_AVX_VNNI)
    &ig_kernels_avx_vnni,
#endif
    &ig_kernels_avx512,
#if defined(IG_AVX512_VNNI)
    &ig_kernels_avx512_vnni,
#endif
#if defined(IG_AVX512_BF16)
    &ig_kernels_avx512_bf16,
#endif
#if defined(IG_AMX)
    &ig_kernels_amx,
#endif
#endif
    NULL,
};

const ig_kernels *const *ig_kernels_all(void) { return tables; }

bool ig_kernels_supported(const ig_kernels *kernels) { return ig_detect_may_run(kernels->needs); }

static const ig_kernels *find_table(const char *name) {
  const ig_kernels *const *table = tables;
  while (*table && strcmp((*table)->name, name) != 0) table++;
  return *table;
}

// Tables of the same kernels for floats are made in one file, which has one of each.
bool ig_kernels_same_floats(const char *name, const char *other) {
  const ig_kernels *a = find_table(name), *b = find_table(other);
  if (!a || !b) return strcmp(name, other) == 0;
  return a->gemm == b->gemm && a->matrix_unit == b->matrix_unit;
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
                   "IG_ISA: unknown instruction set '%s' (expected reference, avx2, avx_vnni, "
                   "avx512, avx512_vnni, avx512_bf16 or amx)",
                   wanted);
  *out = found;
  return IG_OK;
}

ig_status ig_isa_name(const char **name, ig_error *err) {
  const ig_kernels *kernels;
  IG_TRY(ig_fail_if_null(name, "name", err));
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
