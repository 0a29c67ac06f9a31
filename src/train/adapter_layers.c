// Finds linear layers by the names of target modules.
#include "train/adapter_layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/name.h"
#include "model/arch/tensor_row.h"

const char *const ig_adapter_layers_all = "all-linear";
static const char suffix[] = ".weight";

static bool is_of_head(const ig_parameter *p) {
  return p->row->part == IG_PART_OUTPUT || p->row->part == IG_PART_HEAD_DENSE;
}

bool ig_adapter_layers_is_linear(const ig_parameter *p) {
  if (p->row->bias || p->rank != 2 || !p->trained || !ig_name_ends_with(p->name, suffix))
    return false;
  switch (p->row->part) {
    case IG_PART_SELF_QUERY:
    case IG_PART_SELF_KEY:
    case IG_PART_SELF_VALUE:
    case IG_PART_SELF_OUTPUT:
    case IG_PART_CROSS_QUERY:
    case IG_PART_CROSS_KEY:
    case IG_PART_CROSS_VALUE:
    case IG_PART_CROSS_OUTPUT:
    case IG_PART_INNER:
    case IG_PART_GATE:
    case IG_PART_GATED:
    case IG_PART_OUTER:
    case IG_PART_EMBEDDING_PROJECTION:
    case IG_PART_HEAD_DENSE:
    case IG_PART_OUTPUT: return true;
    default: return false;
  }
}

int ig_adapter_layers_stem(const ig_parameter *p) {
  return (int)(strlen(p->name) - strlen(suffix));
}

// Whether the layer's name is the target, or ends with a dot and the target.
static bool is_named(const ig_parameter *p, const char *target) {
  const size_t stem = (size_t)ig_adapter_layers_stem(p), length = strlen(target);
  if (length == 0 || length > stem || memcmp(p->name + stem - length, target, length) != 0)
    return false;
  return length == stem || p->name[stem - length - 1] == '.';
}

static bool is_meant(const ig_parameter *p, const char *target) {
  if (!ig_adapter_layers_is_linear(p)) return false;
  return strcmp(target, ig_adapter_layers_all) == 0 ? !is_of_head(p) : is_named(p, target);
}

// The last levels of the names of all linear layers: "q_proj, k_proj, …".
static void list_ends(const ig_model *m, char *out, size_t size) {
  *out = '\0';
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    char stem[IG_NAME_SIZE], listed[IG_NAME_SIZE + 4], all[1024];
    if (!ig_adapter_layers_is_linear(p)) continue;
    snprintf(stem, sizeof stem, "%.*s", ig_adapter_layers_stem(p), p->name);
    const char *dot = strrchr(stem, '.');
    snprintf(listed, sizeof listed, ", %s,", dot ? dot + 1 : stem);
    snprintf(all, sizeof all, ", %.1000s,", out);
    const size_t used = strlen(out);
    if (!strstr(all, listed))
      snprintf(out + used, size - used, "%s%s", used ? ", " : "", dot ? dot + 1 : stem);
  }
}

static ig_status check_target(const ig_model *m, const char *target, ig_error *err) {
  for (size_t i = 0; i < m->parameter_count; i++)
    if (is_meant(&m->parameters[i], target)) return IG_OK;
  char ends[512];
  list_ends(m, ends, sizeof ends);
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "target_modules: the model has no linear layer whose name ends with '%.100s'; "
                 "expected some of %s, or %s",
                 target, ends, ig_adapter_layers_all);
}

ig_status ig_adapter_layers_choose(const ig_model *m, const char *const *targets,
                                   size_t target_count, ig_adapter_layer **layers, size_t *count,
                                   ig_error *err) {
  *count = 0;
  for (size_t t = 0; t < target_count; t++) IG_TRY(check_target(m, targets[t], err));
  *layers = ig_allocate(m->parameter_count, sizeof **layers, err);
  if (!*layers) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < m->parameter_count; i++) {
    bool meant = false;
    for (size_t t = 0; t < target_count; t++) meant |= is_meant(&m->parameters[i], targets[t]);
    if (meant) (*layers)[(*count)++].parameter = i;
  }
  return IG_OK;
}
