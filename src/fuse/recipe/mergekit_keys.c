#include "fuse/recipe/mergekit_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "fuse/method/method.h"
#include "io/hub_cache.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { MOST_NAME = 4096 };  // bytes of a reference

typedef struct adaptation {
  ig_yaml *yaml;
  ig_problems *notes;
  const ig_method *method;  // of the document at hand; NULL: it names none that is known
} adaptation;

#define NOTE(a, node, err, format, ...)                                                    \
  ig_problems_add((a)->notes, NULL, err, "%s:%d: %s: " format, (node)->file, (node)->line, \
                  (node)->path, __VA_ARGS__)

// ---- references -------------------------------------------------------------

// A directory is taken as it lies on the disk, so that a revision says nothing.
static ig_status note_revision(const adaptation *a, const ig_yaml_node *node, const char *path,
                               const char *revision, ig_error *err) {
  return NOTE(a, node, err, "revision '%.100s' has no effect: %.200s is taken as it is on the disk",
              revision, path);
}

// Makes "ORG/NAME@REVISION" of a name of the hub.
static ig_status join_revision(const adaptation *a, const ig_yaml_node *node, const char **path,
                               const char *revision, ig_error *err) {
  char text[2 * MOST_NAME + 2];
  if (strlen(*path) > MOST_NAME || strlen(revision) > MOST_NAME)
    return ig_yaml_fail(node, err, "a name of more than %d bytes", MOST_NAME);
  snprintf(text, sizeof text, "%s@%s", *path, revision);
  const ig_yaml_node *inner = ig_yaml_get(node, "path");
  IG_TRY(ig_yaml_make_scalar(a->yaml, inner, text, err));
  *path = inner->scalar;
  return IG_OK;
}

// Reads PATH or {path: PATH, revision: R}. *path NULL: the key is absent.
static ig_status read_path(const adaptation *a, const ig_yaml_node *owner, const char *key,
                           const char **path, ig_error *err) {
  static const char *const keys[] = {"path", "revision"};
  const ig_yaml_node *node = ig_yaml_get(owner, key);
  const char *revision;
  *path = NULL;
  if (!node || node->kind != IG_YAML_MAP) return ig_yaml_string(owner, key, NULL, path, err);
  IG_TRY(ig_yaml_check_keys(node, keys, COUNT(keys), err));
  IG_TRY(ig_yaml_string(node, "path", NULL, path, err));
  IG_TRY(ig_yaml_string(node, "revision", NULL, &revision, err));
  if (!*path) return ig_yaml_fail(node, err, "has no 'path'");
  if (!revision) return IG_OK;
  return ig_hub_cache_is_name(*path, strlen(*path)) && !ig_file_exists(*path)
             ? join_revision(a, node, path, revision, err)
             : note_revision(a, node, *path, revision, err);
}

static ig_status flatten_reference(const adaptation *a, const ig_yaml_node *node, ig_error *err) {
  static const char *const keys[] = {"model", "lora", "override_architecture"};
  const char *model, *lora, *architecture;
  char text[2 * MOST_NAME + 2];
  IG_TRY(ig_yaml_check_keys(node, keys, COUNT(keys), err));
  IG_TRY(read_path(a, node, "model", &model, err));
  IG_TRY(read_path(a, node, "lora", &lora, err));
  IG_TRY(ig_yaml_string(node, "override_architecture", NULL, &architecture, err));
  if (!model) return ig_yaml_fail(node, err, "has no 'model'");
  if (architecture)
    IG_TRY(NOTE(a, node, err,
                "override_architecture '%.100s' has no effect: tensors go by their "
                "names",
                architecture));
  if (strlen(model) > MOST_NAME || (lora && strlen(lora) > MOST_NAME))
    return ig_yaml_fail(node, err, "a name of more than %d bytes", MOST_NAME);
  snprintf(text, sizeof text, "%s%s%s", model, lora ? "+" : "", lora ? lora : "");
  return ig_yaml_make_scalar(a->yaml, node, text, err);
}

// Takes the revision off "DIR@REVISION", unless something of that whole name exists.
static ig_status cut_revision(const adaptation *a, const ig_yaml_node *node, ig_error *err) {
  const char *at = strrchr(node->scalar, '@');
  const size_t length = at ? (size_t)(at - node->scalar) : 0;
  if (!at || strchr(node->scalar, '+') || ig_file_exists(node->scalar)) return IG_OK;
  char *path = ig_allocate_copy(node->scalar, length, err);
  if (!path) return IG_ERROR_MEMORY;
  ig_status status = IG_OK;
  if (ig_file_exists(path)) {
    status = note_revision(a, node, path, at + 1, err);
    if (status == IG_OK) status = ig_yaml_make_scalar(a->yaml, node, path, err);
  }
  free(path);
  return status;
}

static ig_status adapt_reference(const adaptation *a, const ig_yaml_node *node, ig_error *err) {
  if (node->kind == IG_YAML_SCALAR) return cut_revision(a, node, err);
  // {kind: …} is the source of a token's row, which the walk looks into.
  if (node->kind != IG_YAML_MAP || ig_yaml_get(node, "kind")) return IG_OK;
  return flatten_reference(a, node, err);
}

// ---- what has no effect -----------------------------------------------------

static bool has_parameter(const ig_method *method, const char *name) {
  for (size_t i = 0; i < IG_METHOD_PARAMETERS && method->parameters[i].name; i++)
    if (strcmp(method->parameters[i].name, name) == 0) return true;
  return false;
}

// Whether a parameter belongs to other methods only, or to an earlier mergekit.
static bool is_idle_parameter(const ig_method *method, const char *name) {
  if (has_parameter(method, name)) return false;
  bool known = strcmp(name, "embed_slerp") == 0;
  for (size_t i = 0; !known && ig_methods[i]; i++) known = has_parameter(ig_methods[i], name);
  return known;
}

static ig_status drop_idle_parameters(const adaptation *a, const ig_yaml_node *parameters,
                                      ig_error *err) {
  for (size_t i = 0; a->method && i < parameters->count;) {
    if (!is_idle_parameter(a->method, parameters->keys[i])) {
      i++;
      continue;
    }
    IG_TRY(NOTE(a, parameters->children[i], err, "has no effect on %s", a->method->name));
    ig_yaml_drop(parameters, i);
  }
  return IG_OK;
}

// mergekit reads the key of a slice, and nothing in it uses the value.
static ig_status drop_residual_weight(const adaptation *a, const ig_yaml_node *slice, size_t index,
                                      ig_error *err) {
  double weight;
  IG_TRY(ig_yaml_number(slice, "residual_weight", 0, &weight, err));
  IG_TRY(NOTE(a, slice->children[index], err, "%g has no effect, as in mergekit", weight));
  ig_yaml_drop(slice, index);
  return IG_OK;
}

static ig_status adapt_dtype(const adaptation *a, const ig_yaml_node *node, ig_error *err) {
  if (node->kind != IG_YAML_SCALAR ||
      (strcmp(node->scalar, "float64") != 0 && strcmp(node->scalar, "torch.float64") != 0))
    return IG_OK;
  IG_TRY(NOTE(a, node, err, "%s: float32 is taken in its place: values are computed in it",
              node->scalar));
  return ig_yaml_make_scalar(a->yaml, node, "float32", err);
}

// ---- the walk ---------------------------------------------------------------

static bool is_one_of(const char *key, const char *const *keys, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(key, keys[i]) == 0) return true;
  return false;
}

static ig_status adapt_tree(const adaptation *a, const ig_yaml_node *node, ig_error *err) {
  static const char *const references[] = {"model", "base_model", "tokenizer_source", "source"};
  for (size_t i = 0; i < node->count; i++) {
    const ig_yaml_node *child = node->children[i];
    const char *key = node->kind == IG_YAML_MAP ? node->keys[i] : "";
    if (is_one_of(key, references, COUNT(references))) IG_TRY(adapt_reference(a, child, err));
    if (strcmp(key, "parameters") == 0 && child->kind == IG_YAML_MAP) {
      IG_TRY(drop_idle_parameters(a, child, err));
      continue;
    }
    if (strcmp(key, "residual_weight") == 0 && ig_yaml_get(node, "sources")) {
      IG_TRY(drop_residual_weight(a, node, i, err));
      i--;
      continue;
    }
    IG_TRY(adapt_tree(a, child, err));
  }
  return IG_OK;
}

ig_status ig_mergekit_keys_adapt(ig_yaml *yaml, ig_problems *notes, ig_error *err) {
  const ig_yaml_node *documents = ig_yaml_root(yaml);
  for (size_t i = 0; i < documents->count; i++) {
    const ig_yaml_node *document = documents->children[i];
    const ig_yaml_node *method = ig_yaml_get(document, "merge_method"),
                       *dtype = ig_yaml_get(document, "dtype"),
                       *out_dtype = ig_yaml_get(document, "out_dtype");
    adaptation a = {.yaml = yaml, .notes = notes};
    if (method && method->kind == IG_YAML_SCALAR) a.method = ig_method_find(method->scalar);
    if (dtype) IG_TRY(adapt_dtype(&a, dtype, err));
    if (out_dtype) IG_TRY(adapt_dtype(&a, out_dtype, err));
    IG_TRY(adapt_tree(&a, document, err));
  }
  return IG_OK;
}
