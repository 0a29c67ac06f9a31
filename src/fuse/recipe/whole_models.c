#include "fuse/recipe/whole_models.h"

#include <string.h>

ig_status ig_whole_models_check(const ig_recipe *recipe, ig_error *err) {
  const ig_recipe_slice *slice = recipe->modules[0].slices;
  const char *method = recipe->method->name;
  if (recipe->module_count > 1 || recipe->modules[0].count > 1 || slice->sources[0].ranged)
    return ig_yaml_fail(recipe->root, err, "%s works on whole models: expected 'models'", method);
  for (size_t i = 0; i < slice->count; i++)
    if (strchr(slice->sources[i].model, '+'))
      return ig_yaml_fail(slice->sources[i].node, err,
                          "%s cannot take '%s' by itself: fuse it into a model before", method,
                          slice->sources[i].model);
  if (!recipe->base_model || !strchr(recipe->base_model, '+')) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(recipe->root, "base_model"), err,
                      "%s cannot take '%s' by itself: fuse it into a model before", method,
                      recipe->base_model);
}
