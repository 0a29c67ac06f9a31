#include "fuse/recipe/align_keys.h"

#include <string.h>

#include "base/fail.h"

enum { MOST_RESTARTS = 1000 };

// An adapter is of its model's order, and would be added after that has changed.
static ig_status check_sources(const ig_recipe *recipe, ig_error *err) {
  for (size_t m = 0; m < recipe->module_count; m++)
    for (size_t s = 0; s < recipe->modules[m].count; s++) {
      const ig_recipe_slice *slice = &recipe->modules[m].slices[s];
      for (size_t i = 0; i < slice->count; i++)
        if (strchr(slice->sources[i].model, '+'))
          return ig_yaml_fail(slice->sources[i].node, err,
                              "'align' cannot take '%s': fuse the adapter into its model in a "
                              "recipe of its own before",
                              slice->sources[i].model);
    }
  return IG_OK;
}

static ig_status check_recipe(const ig_yaml_node *align, const ig_recipe *recipe, ig_error *err) {
  const ig_method *method = recipe->method;
  if (method->needs_scores || method->product != IG_FUSION_PRODUCT_MODEL)
    return ig_yaml_fail(align, err,
                        "%s takes models as they are: align them in recipes of their own",
                        method->name);
  if (recipe->tokenizer.source)
    return ig_yaml_fail(align, err,
                        "models of different vocabularies cannot be aligned: expected no "
                        "'tokenizer' beside it");
  return check_sources(recipe, err);
}

// ---- keys -------------------------------------------------------------------

static ig_status read_method(const ig_yaml_node *align, ig_align_method *out, ig_error *err) {
  static const char *const names[] = {"weights", "activations", "transport"};
  static const ig_yaml_words words = {names, sizeof names / sizeof *names,
                                      "weights, activations or transport"};
  size_t index;
  if (!ig_yaml_get(align, "method"))
    return ig_yaml_fail(align, err, "has no 'method': expected %s", words.text);
  IG_TRY(ig_yaml_word(align, "method", &words, 0, &index, err));
  *out = (ig_align_method)((int)IG_ALIGN_METHOD_WEIGHTS + (int)index);
  return IG_OK;
}

// Keys of one method have no effect with another.
static ig_status refuse(const ig_yaml_node *align, const char *const *keys, size_t count,
                        const char *method, ig_error *err) {
  for (size_t i = 0; i < count; i++)
    if (ig_yaml_get(align, keys[i]))
      return ig_yaml_fail(ig_yaml_get(align, keys[i]), err, "'%s' has no effect with method: %s",
                          keys[i], method);
  return IG_OK;
}

static ig_status read_for_weights(const ig_yaml_node *align, ig_recipe *recipe, ig_error *err) {
  static const char *const others[] = {"data", "max_length", "position_penalty", "regularization"};
  ig_recipe_align *out = &recipe->align;
  IG_TRY(refuse(align, others, sizeof others / sizeof *others, "weights", err));
  out->position_penalty = -1;
  IG_TRY(ig_yaml_u64(align, "seed", recipe->seed, &out->seed, err));
  IG_TRY(ig_yaml_int(align, "restarts", 0, &out->restarts, err));
  if (out->restarts >= 0 && out->restarts <= MOST_RESTARTS) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(align, "restarts"), err, "expected 0 to %d, found %d",
                      MOST_RESTARTS, out->restarts);
}

static ig_status read_regularization(const ig_yaml_node *align, double *out, ig_error *err) {
  IG_TRY(ig_yaml_number(align, "regularization", 0.05, out, err));
  if (*out >= 1e-6 && *out <= 1e3) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(align, "regularization"), err,
                      "expected a number from 1e-06 to 1000, found %g", *out);
}

static ig_status read_penalty(const ig_yaml_node *align, double *out, ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(align, "position_penalty");
  *out = -1;
  if (!node) return IG_OK;
  IG_TRY(ig_yaml_number(align, "position_penalty", 0, out, err));
  if (*out >= 0 && *out <= 1e6) return IG_OK;
  return ig_yaml_fail(node, err, "expected a number from 0 to 1e+06, found %g", *out);
}

static ig_status read_for_activations(const ig_yaml_node *align, ig_recipe_align *out,
                                      ig_error *err) {
  static const char *const others[] = {"seed", "restarts", "regularization"};
  const bool softly = out->method == IG_ALIGN_METHOD_TRANSPORT;
  IG_TRY(refuse(align, others, softly ? 2 : 3, softly ? "transport" : "activations", err));
  if (softly) IG_TRY(read_regularization(align, &out->regularization, err));
  IG_TRY(ig_learning_read_files(align, "data", IG_LEARNING_FILES_OF_ALIGN, &out->data,
                                &out->data_count, err));
  if (out->data_count == 0) return ig_yaml_fail(align, err, "has no 'data'");
  IG_TRY(read_penalty(align, &out->position_penalty, err));
  IG_TRY(ig_yaml_int(align, "max_length", 0, &out->max_length, err));
  if (out->max_length >= 0) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(align, "max_length"), err,
                      "expected a whole number not below 0, found %d", out->max_length);
}

ig_status ig_align_keys_read(const ig_yaml_node *root, ig_recipe *recipe, ig_error *err) {
  static const char *const keys[] = {
      "method", "seed", "restarts", "data", "max_length", "position_penalty", "regularization"};
  const ig_yaml_node *align;
  ig_recipe_align *out = &recipe->align;
  IG_TRY(ig_yaml_map(root, "align", &align, err));
  if (!align) return IG_OK;
  IG_TRY(ig_yaml_check_keys(align, keys, sizeof keys / sizeof *keys, err));
  IG_TRY(read_method(align, &out->method, err));
  IG_TRY(out->method == IG_ALIGN_METHOD_WEIGHTS ? read_for_weights(align, recipe, err)
                                                : read_for_activations(align, out, err));
  return check_recipe(align, recipe, err);
}
