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

static const char *const learn_keys[] = {
    "data",       "valid",  "valid_share",    "granularity", "steps",         "batch_sentences",
    "max_length", "stride", "validate_every", "patience",    "learning_rate", "label_smoothing",
    "start",      "bounds", "loss",           "decay",       "coefficients"};

// The keys of a set, by whose it is.
static const struct set_keys {
  const char *keys[5];
  size_t count;
} set_keys[] = {
    [IG_LEARNING_FILES_OF_LEARN] = {{"source", "target", "questions", "weight", "teacher"}, 5},
    [IG_LEARNING_FILES_OF_STATISTICS] = {{"source", "target", "questions", "weight", "model"}, 5},
    [IG_LEARNING_FILES_OF_ALIGN] = {{"source", "target"}, 2},
};

enum { USUAL_STRIDE = 128 };

// ---- sets -------------------------------------------------------------------

static ig_status read_path(const ig_yaml_node *node, const char *key, const char **out,
                           ig_error *err) {
  IG_TRY(ig_yaml_string(node, key, NULL, out, err));
  return *out && **out ? IG_OK : ig_yaml_fail(node, err, "has no '%s'", key);
}

static ig_status read_paths(const ig_yaml_node *node, ig_learning_files *out, ig_error *err) {
  if (!ig_yaml_get(node, "questions")) {
    IG_TRY(read_path(node, "source", &out->source, err));
    return read_path(node, "target", &out->target, err);
  }
  if (ig_yaml_get(node, "source") || ig_yaml_get(node, "target"))
    return ig_yaml_fail(node, err, "expected either 'source' and 'target', or 'questions'");
  return read_path(node, "questions", &out->questions, err);
}

static ig_status read_set(const ig_yaml_node *node, ig_learning_files_of of, ig_learning_files *out,
                          ig_error *err) {
  const char *const wanted = of == IG_LEARNING_FILES_OF_ALIGN
                                 ? "'source' and 'target'"
                                 : "'source' and 'target', or 'questions'";
  if (node->kind != IG_YAML_MAP) return ig_yaml_fail(node, err, "expected a map with %s", wanted);
  if (ig_yaml_get(node, "command"))
    return ig_yaml_fail(ig_yaml_get(node, "command"), err,
                        "a command gives no gradient: expected %s", wanted);
  IG_TRY(ig_yaml_check_keys(node, set_keys[of].keys, set_keys[of].count, err));
  out->node = node;
  IG_TRY(ig_yaml_string(node, "model", NULL, &out->model, err));
  IG_TRY(read_paths(node, out, err));
  IG_TRY(ig_yaml_string(node, "teacher", NULL, &out->teacher, err));
  IG_TRY(ig_yaml_number(node, "weight", 1, &out->weight, err));
  if (!(out->weight > 0 && isfinite(out->weight)))
    return ig_yaml_fail(ig_yaml_get(node, "weight"), err, "expected a number above 0, found %g",
                        out->weight);
  return IG_OK;
}

ig_status ig_learning_read_files(const ig_yaml_node *map, const char *key, ig_learning_files_of of,
                                 ig_learning_files **out, size_t *count, ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(map, key);
  *count = 0;
  if (!node) return IG_OK;
  const bool is_list = node->kind == IG_YAML_SEQUENCE;
  const size_t wanted = is_list ? node->count : 1;
  if (wanted == 0) return ig_yaml_fail(node, err, "an empty list");
  *out = ig_allocate(wanted, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  for (; *count < wanted; ++*count)
    IG_TRY(read_set(is_list ? node->children[*count] : node, of, &(*out)[*count], err));
  return IG_OK;
}

bool ig_learning_has_questions(const ig_learning_files *sets, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (sets[i].questions) return true;
  return false;
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

ig_status ig_learning_read_lengths(const ig_yaml_node *map, bool has_questions,
                                   ig_learning_lengths *out, ig_error *err) {
  if (!has_questions && ig_yaml_get(map, "stride"))
    return ig_yaml_fail(ig_yaml_get(map, "stride"), err, "has no effect without 'questions'");
  IG_TRY(read_int(map, "stride", USUAL_STRIDE, 0, &out->stride, err));
  return read_int(map, "max_length", 0, 0, &out->max_length, err);
}

static ig_status read_words(const ig_yaml_node *learn, ig_learning *out, ig_error *err) {
  static const char *const losses[] = {[IG_LEARNING_LOSS_REFERENCES] = "references",
                                       [IG_LEARNING_LOSS_TEACHERS] = "teachers",
                                       [IG_LEARNING_LOSS_ENTROPY] = "entropy"};
  static const char *const granularities[] = {[IG_LEARNING_GRANULARITY_MODEL] = "model",
                                              [IG_LEARNING_GRANULARITY_PART] = "part",
                                              [IG_LEARNING_GRANULARITY_LAYER] = "layer",
                                              [IG_LEARNING_GRANULARITY_TENSOR] = "tensor",
                                              [IG_LEARNING_GRANULARITY_ROW] = "row"};
  const ig_yaml_words of_loss = {losses, COUNT(losses), "references, teachers or entropy"},
                      of_granularity = {granularities, COUNT(granularities),
                                        "model, part, layer, tensor or row"};
  size_t loss, granularity;
  IG_TRY(ig_yaml_word(learn, "loss", &of_loss, IG_LEARNING_LOSS_REFERENCES, &loss, err));
  IG_TRY(ig_yaml_word(learn, "granularity", &of_granularity, IG_LEARNING_GRANULARITY_TENSOR,
                      &granularity, err));
  out->loss = (ig_learning_loss)loss;
  out->granularity = (ig_learning_granularity)granularity;
  return IG_OK;
}

// Whether each set's teacher, and label smoothing, have an effect.
static ig_status check_loss(const ig_yaml_node *learn, const ig_learning *l, ig_error *err) {
  bool named = false;
  for (size_t i = 0; i < l->data_count; i++) named |= l->data[i].teacher != NULL;
  for (size_t i = 0; i < l->valid_count; i++) named |= l->valid[i].teacher != NULL;
  if (named && l->loss != IG_LEARNING_LOSS_TEACHERS)
    return ig_yaml_fail(learn, err, "'teacher' has no effect without loss: teachers");
  if (l->loss != IG_LEARNING_LOSS_REFERENCES && l->label_smoothing > 0)
    return ig_yaml_fail(ig_yaml_get(learn, "label_smoothing"), err,
                        "has no effect without loss: references");
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
  const number_range positive = {1e-12, 1e3}, share = {0, 0.9}, smoothing = {0, 0.999},
                     decay = {0, 1e3};
  IG_TRY(read_int(learn, "steps", 200, 1, &out->steps, err));
  IG_TRY(read_int(learn, "batch_sentences", 32, 1, &out->batch_sentences, err));
  IG_TRY(ig_learning_read_lengths(learn,
                                  ig_learning_has_questions(out->data, out->data_count) ||
                                      ig_learning_has_questions(out->valid, out->valid_count),
                                  &out->lengths, err));
  IG_TRY(read_int(learn, "validate_every", 10, 1, &out->validate_every, err));
  IG_TRY(read_int(learn, "patience", 5, 0, &out->patience, err));
  IG_TRY(read_number(learn, "learning_rate", 0.02, positive, &out->learning_rate, err));
  IG_TRY(read_number(learn, "decay", 0, decay, &out->decay, err));
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

// A recipe whose coefficients are learned already has nothing but their file.
static ig_status check_file_alone(const ig_yaml_node *learn, ig_error *err) {
  for (size_t i = 0; i < COUNT(learn_keys); i++)
    if (ig_yaml_get(learn, learn_keys[i]) && strcmp(learn_keys[i], "coefficients") != 0)
      return ig_yaml_fail(ig_yaml_get(learn, learn_keys[i]), err,
                          "has no effect beside 'coefficients' without 'data'");
  return IG_OK;
}

static ig_status check_file(const ig_yaml_node *learn, const ig_learning *l, ig_error *err) {
  const bool by_row = l->granularity == IG_LEARNING_GRANULARITY_ROW;
  if (by_row && !l->coefficients)
    return ig_yaml_fail(ig_yaml_get(learn, "granularity"), err,
                        "a coefficient a row needs 'coefficients', the file that they go into");
  if (l->coefficients && !by_row)
    return ig_yaml_fail(ig_yaml_get(learn, "coefficients"), err,
                        "has no effect without granularity: row");
  return IG_OK;
}

static ig_status read_learning(const ig_yaml_node *learn, ig_learning *out, ig_error *err) {
  IG_TRY(ig_yaml_check_keys(learn, learn_keys, COUNT(learn_keys), err));
  out->key = "learn";
  IG_TRY(ig_yaml_string(learn, "coefficients", NULL, &out->coefficients, err));
  if (out->coefficients && !ig_yaml_get(learn, "data")) return check_file_alone(learn, err);
  IG_TRY(ig_learning_read_files(learn, "data", IG_LEARNING_FILES_OF_LEARN, &out->data,
                                &out->data_count, err));
  if (out->data_count == 0) return ig_yaml_fail(learn, err, "has no 'data'");
  IG_TRY(ig_learning_read_files(learn, "valid", IG_LEARNING_FILES_OF_LEARN, &out->valid,
                                &out->valid_count, err));
  IG_TRY(read_words(learn, out, err));
  IG_TRY(read_numbers(learn, out, err));
  IG_TRY(check_file(learn, out, err));
  return check_loss(learn, out, err);
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

ig_status ig_learning_check_files(const ig_learning_files *sets, size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    const char *const paths[] = {sets[i].source, sets[i].target, sets[i].questions};
    for (size_t k = 0; k < COUNT(paths); k++)
      if (paths[k] && !ig_file_exists(paths[k]))
        return ig_yaml_fail(sets[i].node, err, "%.200s: no such file", paths[k]);
  }
  return IG_OK;
}

static ig_status check_teacher(const ig_recipe *recipe, const ig_learning_files *set,
                               ig_error *err) {
  const ig_recipe_slice *slice = recipe->modules[0].slices;
  if (!set->teacher) return IG_OK;
  for (size_t i = 0; i < slice->count; i++)
    if (ig_fuse_models_is_same(slice->sources[i].model, set->teacher)) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(set->node, "teacher"), err,
                      "expected one of the recipe's models, found '%.200s'", set->teacher);
}

// The base differs from itself by nothing, so no coefficient of it can be learned.
static ig_status check_base(const ig_recipe *recipe, ig_error *err) {
  const ig_recipe_slice *models = recipe->modules[0].slices;
  for (size_t i = 0; recipe->base_model && i < models->count; i++)
    if (ig_fuse_models_is_same(models->sources[i].model, recipe->base_model))
      return ig_fail(
          err, IG_ERROR_ARGUMENT,
          "models: %s is the base_model, of which learned has nothing to learn: leave it "
          "out",
          models->sources[i].model);
  return IG_OK;
}

ig_status ig_learning_check(const ig_recipe *recipe, ig_error *err) {
  const ig_learning *l = recipe->learning;
  if (!l) return IG_OK;
  IG_TRY(check_base(recipe, err));
  if (l->data_count == 0 && !ig_file_exists(l->coefficients))
    return ig_fail(err, IG_ERROR_IO, "learn.coefficients: %s: no such file", l->coefficients);
  IG_TRY(ig_learning_check_files(l->data, l->data_count, err));
  IG_TRY(ig_learning_check_files(l->valid, l->valid_count, err));
  for (size_t i = 0; i < l->data_count; i++) IG_TRY(check_teacher(recipe, &l->data[i], err));
  for (size_t i = 0; i < l->valid_count; i++) IG_TRY(check_teacher(recipe, &l->valid[i], err));
  return IG_OK;
}
