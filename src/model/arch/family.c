// The list of families.
#include "model/arch/family.h"

#include <string.h>

#include "base/fail.h"

static const ig_family *const families[] = {&ig_family_marian, &ig_family_torch, NULL};

const ig_family *const *ig_families(void) { return families; }

const ig_family *ig_family_find(const char *name) {
  for (const ig_family *const *f = families; *f; f++)
    if (strcmp((*f)->name, name) == 0) return *f;
  return NULL;
}

ig_status ig_family_of(const json_t *config, const char *where, const ig_family **out,
                       ig_error *err) {
  const char *type = json_string_value(json_object_get(config, "model_type"));
  if (!type)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: model_type: expected a string, found none", where);
  for (const ig_family *const *f = families; *f; f++)
    if (strcmp((*f)->model_type, type) == 0) {
      *out = *f;
      return IG_OK;
    }
  return ig_fail(
      err, IG_ERROR_UNSUPPORTED,
      "%s: model_type: \"%s\" is not a family this version knows (marian, torch-transformer)",
      where, type);
}
