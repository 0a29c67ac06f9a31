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

ig_status ig_align_keys_read(const ig_yaml_node *root, ig_recipe *recipe, ig_error *err) {
  static const char *const keys[] = {"method", "seed", "restarts"};
  const ig_yaml_node *align;
  const char *method;
  IG_TRY(ig_yaml_map(root, "align", &align, err));
  if (!align) return IG_OK;
  IG_TRY(ig_yaml_check_keys(align, keys, sizeof keys / sizeof *keys, err));
  IG_TRY(ig_yaml_string(align, "method", NULL, &method, err));
  if (!method || strcmp(method, "weights") != 0)
    return ig_yaml_fail(method ? ig_yaml_get(align, "method") : align, err,
                        "expected 'method: weights', found %s%.100s%s", method ? "'" : "",
                        method ? method : "none", method ? "'" : "");
  IG_TRY(ig_yaml_u64(align, "seed", recipe->seed, &recipe->align.seed, err));
  IG_TRY(ig_yaml_int(align, "restarts", 0, &recipe->align.restarts, err));
  if (recipe->align.restarts < 0 || recipe->align.restarts > MOST_RESTARTS)
    return ig_yaml_fail(ig_yaml_get(align, "restarts"), err, "expected 0 to %d, found %d",
                        MOST_RESTARTS, recipe->align.restarts);
  recipe->align.wanted = true;
  return check_recipe(align, recipe, err);
}
