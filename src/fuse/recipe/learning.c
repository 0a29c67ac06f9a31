#include "fuse/recipe/learning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "fuse/input/fuse_models.h"
#include "fuse/recipe/recipe.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const learn_keys[] = {"data",
                                         "valid",
                                         "valid_share",
                                         "granularity",
                                         "steps",
                                         "batch_sentences",
                                         "max_length",
                                         "validate_every",
                                         "patience",
                                         "learning_rate",
                                         "label_smoothing",
                                         "start",
                                         "bounds",
                                         "loss"};
static const char *const learn_pairs_keys[] = {"source", "target", "weight", "teacher"};
static const char *const statistics_pairs_keys[] = {"source", "target", "weight", "model"};

// ---- pairs of texts ---------------------------------------------------------

static ig_status read_path(const ig_yaml_node *node, const char *key, const char **out,
                           ig_error *err) {
  IG_TRY(ig_yaml_string(node, key, NULL, out, err));
  return *out && **out ? IG_OK : ig_yaml_fail(node, err, "has no '%s'", key);
}

static ig_status read_pairs(const ig_yaml_node *node, bool of_models, ig_learning_pairs *out,
                            ig_error *err) {
  if (node->kind != IG_YAML_MAP)
    return ig_yaml_fail(node, err, "expected a map with 'source' and 'target'");
  IG_TRY(of_models
             ? ig_yaml_check_keys(node, statistics_pairs_keys, COUNT(statistics_pairs_keys), err)
             : ig_yaml_check_keys(node, learn_pairs_keys, COUNT(learn_pairs_keys), err));
  out->node = node;
  IG_TRY(ig_yaml_string(node, "model", NULL, &out->model, err));
  IG_TRY(read_path(node, "source", &out->source, err));
  IG_TRY(read_path(node, "target", &out->target, err));
  IG_TRY(ig_yaml_string(node, "teacher", NULL, &out->teacher, err));
  IG_TRY(ig_yaml_number(node, "weight", 1, &out->weight, err));
  if (!(out->weight > 0 && isfinite(out->weight)))
    return ig_yaml_fail(ig_yaml_get(node, "weight"), err, "expected a number above 0, found %g",
                        out->weight);
  return IG_OK;
}

ig_status ig_learning_read_pairs(const ig_yaml_node *map, const char *key, bool of_models,
                                 ig_learning_pairs **out, size_t *count, ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(map, key);
  *count = 0;
  if (!node) return IG_OK;
  const bool is_list = node->kind == IG_YAML_SEQUENCE;
  const size_t wanted = is_list ? node->count : 1;
  if (wanted == 0) return ig_yaml_fail(node, err, "an empty list");
  *out = ig_allocate(wanted, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  for (; *count < wanted; ++*count)
    IG_TRY(read_pairs(is_list ? node->children[*count] : node, of_models, &(*out)[*count], err));
  return IG_OK;
}

// ---- numbers ----------------------------------------------------------------

typedef struct number_range {
  double least, most;
} number_range;

static ig_status read_number(const ig_yaml_node *learn, const char *key, double fallback,
                             number_range range, double *out, ig_error *err) {
  IG_TRY(ig_yaml_number(learn, key, fallback, out, err));
  if (*out >= range.least && *out <= range.most) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(learn, key), err, "expected a number from %g to %g, found %g",
                      range.least, range.most, *out);
}

static ig_status read_int(const ig_yaml_node *learn, const char *key, int fallback, int least,
                          int *out, ig_error *err) {
  IG_TRY(ig_yaml_int(learn, key, fallback, out, err));
  if (*out >= least) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(learn, key), err,
                      "expected a whole number not below %d, found %d", least, *out);
}

static ig_status read_words(const ig_yaml_node *learn, ig_learning *out, ig_error *err) {
  static const char *const losses[] = {"references", "teachers"};
  static const char *const granularities[] = {[IG_LEARNING_GRANULARITY_MODEL] = "model",
                                              [IG_LEARNING_GRANULARITY_PART] = "part",
                                              [IG_LEARNING_GRANULARITY_LAYER] = "layer",
                                              [IG_LEARNING_GRANULARITY_TENSOR] = "tensor"};
  const ig_yaml_words of_loss = {losses, COUNT(losses), "references or teachers"},
                      of_granularity = {granularities, COUNT(granularities),
                                        "model, part, layer or tensor"};
  size_t loss, granularity;
  IG_TRY(ig_yaml_word(learn, "loss", &of_loss, 0, &loss, err));
  IG_TRY(ig_yaml_word(learn, "granularity", &of_granularity, IG_LEARNING_GRANULARITY_TENSOR,
                      &granularity, err));
  out->by_teachers = loss == 1;
  out->granularity = (ig_learning_granularity)granularity;
  return IG_OK;
}

// Whether each set's teacher has an effect.
static ig_status check_teachers(const ig_yaml_node *learn, const ig_learning *l, ig_error *err) {
  bool named = false;
  for (size_t i = 0; i < l->data_count; i++) named |= l->data[i].teacher != NULL;
  for (size_t i = 0; i < l->valid_count; i++) named |= l->valid[i].teacher != NULL;
  if (named && !l->by_teachers)
    return ig_yaml_fail(learn, err, "'teacher' has no effect without loss: teachers");
  if (l->by_teachers && l->label_smoothing > 0)
    return ig_yaml_fail(ig_yaml_get(learn, "label_smoothing"), err,
                        "has no effect with loss: teachers");
  return IG_OK;
}

static ig_status read_bounds(const ig_yaml_node *learn, double out[2], ig_error *err) {
  out[0] = -INFINITY;
  out[1] = INFINITY;
  IG_TRY(ig_yaml_numbers(learn, "bounds", 2, out, err));
  if (out[0] < out[1]) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(learn, "bounds"), err,
                      "expected [least, most] with least below most, found [%g, %g]", out[0],
                      out[1]);
}

static ig_status read_start(const ig_yaml_node *learn, ig_learning *out, ig_error *err) {
  out->starts = ig_yaml_get(learn, "start") != NULL;
  IG_TRY(ig_yaml_number(learn, "start", 0, &out->start, err));
  if (!out->starts || (out->start >= out->bounds[0] && out->start <= out->bounds[1])) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(learn, "start"), err,
                      "expected a number within the bounds [%g, %g], found %g", out->bounds[0],
                      out->bounds[1], out->start);
}

// Keys of validation have an effect where something is validated on.
static ig_status check_validation(const ig_yaml_node *learn, const ig_learning *l, ig_error *err) {
  static const char *const keys[] = {"validate_every", "patience"};
  if (l->valid_count || l->valid_share > 0) return IG_OK;
  for (size_t i = 0; i < COUNT(keys); i++)
    if (ig_yaml_get(learn, keys[i]))
      return ig_yaml_fail(ig_yaml_get(learn, keys[i]), err,
                          "has no effect where nothing is validated on (valid_share: 0)");
  return IG_OK;
}

static ig_status read_numbers(const ig_yaml_node *learn, ig_learning *out, ig_error *err) {
  const number_range positive = {1e-12, 1e3}, share = {0, 0.9}, smoothing = {0, 0.999};
  IG_TRY(read_int(learn, "steps", 200, 1, &out->steps, err));
  IG_TRY(read_int(learn, "batch_sentences", 32, 1, &out->batch_sentences, err));
  IG_TRY(read_int(learn, "max_length", 0, 0, &out->max_length, err));
  IG_TRY(read_int(learn, "validate_every", 10, 1, &out->validate_every, err));
  IG_TRY(read_int(learn, "patience", 5, 0, &out->patience, err));
  IG_TRY(read_number(learn, "learning_rate", 0.02, positive, &out->learning_rate, err));
  IG_TRY(read_number(learn, "label_smoothing", 0, smoothing, &out->label_smoothing, err));
  IG_TRY(read_number(learn, "valid_share", 0.2, share, &out->valid_share, err));
  if (out->valid_count && ig_yaml_get(learn, "valid_share"))
    return ig_yaml_fail(ig_yaml_get(learn, "valid_share"), err,
                        "has no effect beside 'valid': leave one of the two out");
  IG_TRY(check_validation(learn, out, err));
  IG_TRY(read_bounds(learn, out->bounds, err));
  return read_start(learn, out, err);
}

// ---- the whole --------------------------------------------------------------

static ig_status read_learning(const ig_yaml_node *learn, ig_learning *out, ig_error *err) {
  IG_TRY(ig_yaml_check_keys(learn, learn_keys, COUNT(learn_keys), err));
  out->key = "learn";
  IG_TRY(ig_learning_read_pairs(learn, "data", false, &out->data, &out->data_count, err));
  if (out->data_count == 0) return ig_yaml_fail(learn, err, "has no 'data'");
  IG_TRY(ig_learning_read_pairs(learn, "valid", false, &out->valid, &out->valid_count, err));
  IG_TRY(read_words(learn, out, err));
  IG_TRY(read_numbers(learn, out, err));
  return check_teachers(learn, out, err);
}

ig_status ig_learning_read(const ig_yaml_node *root, const ig_method *method, ig_learning **out,
                           ig_error *err) {
  const ig_yaml_node *learn;
  *out = NULL;
  IG_TRY(ig_yaml_map(root, "learn", &learn, err));
  if (!learn && !method->learns) return IG_OK;
  if (!learn) return ig_yaml_fail(root, err, "%s needs 'learn', with its 'data'", method->name);
  if (!method->learns)
    return ig_yaml_fail(learn, err, "%s learns nothing: expected merge_method: learned",
                        method->name);
  ig_learning *learning = ig_allocate(1, sizeof *learning, err);
  if (!learning) return IG_ERROR_MEMORY;
  const ig_status status = read_learning(learn, learning, err);
  if (status == IG_OK)
    *out = learning;
  else
    ig_learning_free(learning);
  return status;
}

void ig_learning_free(ig_learning *learning) {
  if (!learning) return;
  free(learning->data);
  free(learning->valid);
  free(learning);
}

// ---- before anything is opened ----------------------------------------------

ig_status ig_learning_check_files(const ig_learning_pairs *pairs, size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    const char *const paths[] = {pairs[i].source, pairs[i].target};
    for (size_t k = 0; k < COUNT(paths); k++)
      if (!ig_file_exists(paths[k]))
        return ig_yaml_fail(pairs[i].node, err, "%.200s: no such file", paths[k]);
  }
  return IG_OK;
}

static ig_status check_teacher(const ig_recipe *recipe, const ig_learning_pairs *pairs,
                               ig_error *err) {
  const ig_recipe_slice *slice = recipe->modules[0].slices;
  if (!pairs->teacher) return IG_OK;
  for (size_t i = 0; i < slice->count; i++)
    if (ig_fuse_models_is_same(slice->sources[i].model, pairs->teacher)) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(pairs->node, "teacher"), err,
                      "expected one of the recipe's models, found '%.200s'", pairs->teacher);
}

ig_status ig_learning_check(const ig_recipe *recipe, ig_error *err) {
  const ig_learning *l = recipe->learning;
  if (!l) return IG_OK;
  IG_TRY(ig_learning_check_files(l->data, l->data_count, err));
  IG_TRY(ig_learning_check_files(l->valid, l->valid_count, err));
  for (size_t i = 0; i < l->data_count; i++) IG_TRY(check_teacher(recipe, &l->data[i], err));
  for (size_t i = 0; i < l->valid_count; i++) IG_TRY(check_teacher(recipe, &l->valid[i], err));
  return IG_OK;
}
