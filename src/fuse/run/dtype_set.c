#include "fuse/run/dtype_set.h"

void ig_dtype_set_print(const ig_dtype_set *set, FILE *out) {
  bool any = false;
  for (int i = 0; i < IG_DTYPE_COUNT; i++) {
    if (!set->has[i]) continue;
    fprintf(out, "%s%s", any ? ", " : " (", ig_dtype_name((ig_dtype)i));
    any = true;
  }
  if (any) fputc(')', out);
}
