#include "fuse/recipe/recipe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "fuse/input/checkpoints.h"
#include "fuse/input/fuse_models.h"
#include "fuse/recipe/align_keys.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MOST_LAYERS 1e6

static const char *const recipe_keys[] = {
    "merge_method",  "base_model",      "models",    "slices",
    "modules",       "parameters",      "dtype",     "out_dtype",
    "name",          "compatibility",   "seed",      "tokenizer_source",
    "rng",           "missing_tensors", "tokenizer", "non_float",
    "chat_template", "learn",           "align",     "statistics",
    "search",        "allow",           "rename"};
static const char *const model_keys[] = {"model", "parameters", "checkpoints", "every",
                                         "last",  "best",       "metric"};
static const char *const source_keys[] = {"model", "layer_range", "parameters"};
static const char *const slice_keys[] = {"sources", "base_model", "parameters"};
static const char *const module_keys[] = {"slices", "models", "parameters"};

// Reads the `parameters` of a node into a scope of the recipe. of_model: they are those of one
// model.
static ig_status read_scope(const ig_yaml_node *node, bool of_model, ig_recipe *recipe,
                            const ig_setting_scope **out, ig_error *err) {
  const ig_yaml_node *parameters;
  IG_TRY(ig_yaml_map(node, "parameters", &parameters, err));
  return ig_setting_read(parameters, recipe->method, of_model, &recipe->scopes, out, err);
}

// Fails unless the node is a list that has an entry.
static ig_status require_list(const ig_yaml_node *node, ig_error *err) {
  if (node->kind != IG_YAML_SEQUENCE) return ig_yaml_fail(node, err, "expected a list");
  return node->count ? IG_OK : ig_yaml_fail(node, err, "an empty list");
}

// ---- models -----------------------------------------------------------------

static ig_status read_range(const ig_yaml_node *node, ig_recipe_source *out, ig_error *err) {
  double range[2] = {-1, -1};
  IG_TRY(ig_yaml_numbers(node, "layer_range", 2, range, err));
  // Written so that NaN fails, too.
  if (!(range[0] >= 0 && range[0] <= range[1] && range[1] <= MOST_LAYERS) ||
      range[0] != floor(range[0]) || range[1] != floor(range[1]))
    return ig_yaml_fail(
        node, err, "expected a 'layer_range' of two whole numbers [first, last), first <= last");
  out->first = (int)range[0];
  out->last = (int)range[1];
  return IG_OK;
}

static ig_status add_source(ig_recipe_slice *slice, const ig_recipe_source *source,
                            const char *model, ig_error *err) {
  if (slice->count == IG_METHOD_INPUTS)
    return ig_yaml_fail(source->node, err, "more than %d models cannot be fused at a time",
                        IG_METHOD_INPUTS);
  for (size_t i = 0; i < slice->count && !source->ranged; i++)
    if (ig_fuse_models_is_same(slice->sources[i].model, model))
      return ig_yaml_fail(source->node, err, "'%s' stands twice", model);
  IG_TRY(ig_allocate_more((void **)&slice->sources, &slice->capacity, slice->count + 1,
                          sizeof *slice->sources, err));
  ig_recipe_source *added = &slice->sources[slice->count];
  *added = *source;
  added->model = ig_allocate_copy(model, strlen(model), err);
  if (!added->model) return IG_ERROR_MEMORY;
  slice->count++;
  if (added->last - added->first != slice->sources[0].last - slice->sources[0].first)
    return ig_yaml_fail(source->node, err, "all sources of a slice need the same number of layers");
  return IG_OK;
}

// Reads {checkpoints: RUN, every, last, best, metric}, and adds each checkpoint that it asks for as
// a model.
static ig_status add_checkpoints(ig_recipe_slice *slice, const ig_recipe_source *source,
                                 const char *run, ig_error *err) {
  ig_checkpoints_wanted wanted;
  IG_TRY(ig_yaml_int(source->node, "every", 0, &wanted.every, err));
  IG_TRY(ig_yaml_int(source->node, "last", 0, &wanted.last, err));
  IG_TRY(ig_yaml_int(source->node, "best", 0, &wanted.best, err));
  IG_TRY(ig_yaml_string(source->node, "metric", NULL, &wanted.metric, err));
  if (wanted.every < 0 || wanted.last < 0 || wanted.best < 0)
    return ig_yaml_fail(source->node, err, "'every', 'last' and 'best' cannot be negative");
  char **names;
  size_t count;
  IG_TRY(ig_checkpoints_find(run, &wanted, &names, &count, err));
  ig_status status = IG_OK;
  for (size_t i = 0; i < count; i++) {
    if (status == IG_OK) status = add_source(slice, source, names[i], err);
    free(names[i]);
  }
  free(names);
  return status;
}

static ig_status read_source(const ig_yaml_node *node, ig_recipe *recipe, bool ranged,
                             ig_recipe_slice *slice, ig_error *err) {
  if (node->kind != IG_YAML_MAP) return ig_yaml_fail(node, err, "expected a map with 'model'");
  IG_TRY(ranged ? ig_yaml_check_keys(node, source_keys, COUNT(source_keys), err)
                : ig_yaml_check_keys(node, model_keys, COUNT(model_keys), err));
  ig_recipe_source source = {.node = node, .ranged = ranged};
  const char *model, *run;
  IG_TRY(ig_yaml_string(node, "model", NULL, &model, err));
  IG_TRY(ig_yaml_string(node, "checkpoints", NULL, &run, err));
  if ((model == NULL) == (run == NULL))
    return ig_yaml_fail(node, err,
                        ranged ? "has no 'model'" : "expected either 'model' or 'checkpoints'");
  IG_TRY(read_scope(node, true, recipe, &source.parameters, err));
  if (ranged) IG_TRY(read_range(node, &source, err));
  return model ? add_source(slice, &source, model, err) : add_checkpoints(slice, &source, run, err);
}

// Adds the base as the last model, unless it is one of the models already: that is what mergekit
// does if the recipe names a base and its method does not use one.
static ig_status add_base(const ig_recipe *recipe, ig_recipe_slice *slice, ig_error *err) {
  const char *base = slice->base_model ? slice->base_model : recipe->base_model;
  if (!base) return IG_OK;
  for (size_t i = 0; i < slice->count; i++)
    if (ig_fuse_models_is_same(slice->sources[i].model, base)) return IG_OK;
  ig_recipe_source source = slice->sources[0];
  source.parameters = NULL;
  return add_source(slice, &source, base, err);
}

static ig_status read_sources(const ig_yaml_node *list, ig_recipe *recipe, bool ranged,
                              ig_recipe_slice *slice, ig_error *err) {
  IG_TRY(require_list(list, err));
  for (size_t i = 0; i < list->count; i++)
    IG_TRY(read_source(list->children[i], recipe, ranged, slice, err));
  return recipe->as_mergekit && recipe->method->base == IG_BASE_USE_NONE
             ? add_base(recipe, slice, err)
             : IG_OK;
}

// ---- slices and modules -----------------------------------------------------

static ig_status read_slice(const ig_yaml_node *node, ig_recipe *recipe, ig_recipe_slice *out,
                            ig_error *err) {
  if (node->kind != IG_YAML_MAP) return ig_yaml_fail(node, err, "expected a map with 'sources'");
  IG_TRY(ig_yaml_check_keys(node, slice_keys, COUNT(slice_keys), err));
  IG_TRY(ig_yaml_string(node, "base_model", NULL, &out->base_model, err));
  IG_TRY(read_scope(node, false, recipe, &out->parameters, err));
  const ig_yaml_node *sources = ig_yaml_get(node, "sources");
  return sources ? read_sources(sources, recipe, true, out, err)
                 : ig_yaml_fail(node, err, "has no 'sources'");
}

// Reads the `models` or the `slices` of a node, which must have exactly one of the two.
static ig_status read_module(const ig_yaml_node *node, ig_recipe *recipe, ig_recipe_module *out,
                             ig_error *err) {
  const ig_yaml_node *models = ig_yaml_get(node, "models"), *slices = ig_yaml_get(node, "slices");
  out->node = node;
  if ((models == NULL) == (slices == NULL))
    return ig_yaml_fail(node, err, "expected either 'models' or 'slices'");
  if (slices) IG_TRY(require_list(slices, err));
  const size_t count = slices ? slices->count : 1;
  out->slices = ig_allocate(count, sizeof *out->slices, err);
  if (!out->slices) return IG_ERROR_MEMORY;
  out->count = count;
  if (models) return read_sources(models, recipe, false, &out->slices[0], err);
  for (size_t i = 0; i < count; i++)
    IG_TRY(read_slice(slices->children[i], recipe, &out->slices[i], err));
  return IG_OK;
}

static ig_status read_named_module(const ig_yaml_node *node, ig_recipe *recipe,
                                   ig_recipe_module *out, ig_error *err) {
  if (node->kind != IG_YAML_MAP)
    return ig_yaml_fail(node, err, "expected a map with 'slices' or 'models'");
  IG_TRY(ig_yaml_check_keys(node, module_keys, COUNT(module_keys), err));
  IG_TRY(read_scope(node, false, recipe, &out->parameters, err));
  return read_module(node, recipe, out, err);
}

static ig_status read_modules(const ig_yaml_node *root, ig_recipe *out, ig_error *err) {
  const ig_yaml_node *modules;
  IG_TRY(ig_yaml_map(root, "modules", &modules, err));
  if (modules && (ig_yaml_get(root, "models") || ig_yaml_get(root, "slices")))
    return ig_yaml_fail(root, err, "expected one of 'models', 'slices' and 'modules'");
  if (modules && modules->count == 0) return ig_yaml_fail(modules, err, "an empty map");
  const size_t count = modules ? modules->count : 1;
  out->modules = ig_allocate(count, sizeof *out->modules, err);
  if (!out->modules) return IG_ERROR_MEMORY;
  out->module_count = count;
  if (!modules) return read_module(root, out, &out->modules[0], err);
  for (size_t i = 0; i < count; i++) {
    out->modules[i].name = modules->keys[i];
    IG_TRY(read_named_module(modules->children[i], out, &out->modules[i], err));
  }
  return IG_OK;
}

// ---- the rest ---------------------------------------------------------------

static ig_status read_method(const ig_yaml_node *root, const ig_method **out, ig_error *err) {
  const char *name;
  IG_TRY(ig_yaml_string(root, "merge_method", NULL, &name, err));
  if (!name) return ig_yaml_fail(root, err, "has no 'merge_method'");
  *out = ig_method_find(name);
  if (*out) return IG_OK;
  char list[1024] = "";
  const char *names[64];
  size_t count = 0;
  for (; ig_methods[count] && count < COUNT(names); count++) names[count] = ig_methods[count]->name;
  const char *nearest = ig_nearest_word(name, names, count);
  for (size_t i = 0; ig_methods[i]; i++)
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "",
             ig_methods[i]->name);
  return ig_yaml_fail(ig_yaml_get(root, "merge_method"), err, "unknown method '%.100s'%s%s%s (%s)",
                      name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "", list);
}

static ig_status read_dtype(const ig_yaml_node *root, const char *key, bool *given, ig_dtype *out,
                            ig_error *err) {
  const char *name;
  IG_TRY(ig_yaml_string(root, key, NULL, &name, err));
  *given = name != NULL;
  if (!name) return IG_OK;
  if (strncmp(name, "torch.", 6) == 0) name += 6;
  if (ig_dtype_parse(name, out) &&
      (*out == IG_DTYPE_F32 || *out == IG_DTYPE_F16 || *out == IG_DTYPE_BF16))
    return IG_OK;
  return ig_yaml_fail(ig_yaml_get(root, key), err,
                      "expected float32, bfloat16 or float16, found '%.100s'", name);
}

static ig_status read_missing(const ig_yaml_node *root, ig_missing *out, ig_error *err) {
  static const char *const words[] = {[IG_MISSING_ERROR] = "error",
                                      [IG_MISSING_UNION] = "union",
                                      [IG_MISSING_INTERSECTION] = "intersection"};
  const ig_yaml_words known = {words, COUNT(words), "error, union or intersection"};
  size_t word;
  IG_TRY(ig_yaml_word(root, "missing_tensors", &known, IG_MISSING_ERROR, &word, err));
  *out = (ig_missing)word;
  return IG_OK;
}

// Reads non_float: equal or base.
static ig_status read_non_float(const ig_yaml_node *root, bool *base, ig_error *err) {
  static const char *const words[] = {"equal", "base"};
  const ig_yaml_words known = {words, COUNT(words), "equal or base"};
  size_t word;
  IG_TRY(ig_yaml_word(root, "non_float", &known, 0, &word, err));
  *base = word == 1;
  return IG_OK;
}

// Reads compatibility: mergekit. Without the key Ingot's own rules hold.
static ig_status read_compatibility(const ig_yaml_node *root, bool *as_mergekit, ig_error *err) {
  static const char *const words[] = {"mergekit"};
  const ig_yaml_words known = {words, COUNT(words), "mergekit"};
  size_t word;
  *as_mergekit = ig_yaml_get(root, "compatibility") != NULL;
  return ig_yaml_word(root, "compatibility", &known, 0, &word, err);
}

// Reads `allow`, a list of what is told and not refused.
static ig_status read_allowed(const ig_yaml_node *root, ig_recipe *out, ig_error *err) {
  const char **words;
  size_t count;
  IG_TRY(ig_yaml_strings(root, "allow", &words, &count, err));
  ig_status status = IG_OK;
  for (size_t i = 0; i < count && status == IG_OK; i++)
    if (strcmp(words[i], "architecture") != 0)
      status = ig_yaml_fail(ig_yaml_get(root, "allow"), err,
                            "expected architecture, found '%.100s'", words[i]);
  out->allows_architectures = count > 0;
  free(words);
  return status;
}

// Reads `rename: {OLD: NEW}`, beginnings of tensors' names.
static ig_status read_renames(const ig_yaml_node *root, ig_recipe *out, ig_error *err) {
  const ig_yaml_node *map;
  IG_TRY(ig_yaml_map(root, "rename", &map, err));
  if (!map || map->count == 0) return IG_OK;
  if (out->learning || out->statistics || ig_yaml_get(root, "align"))
    return ig_yaml_fail(map, err,
                        "'rename' does not go with 'learn', 'statistics' and 'align': rename in a "
                        "recipe before (a stage)");
  out->renames.items = ig_allocate(map->count, sizeof *out->renames.items, err);
  if (!out->renames.items) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < map->count; i++) {
    ig_rename *rename = &out->renames.items[out->renames.count++];
    rename->from = map->keys[i];
    IG_TRY(ig_yaml_string(map, map->keys[i], NULL, &rename->to, err));
    if (!rename->to)
      return ig_yaml_fail(map, err, "rename: '%.100s': expected the beginning of a name",
                          map->keys[i]);
  }
  return IG_OK;
}

// Reads `tokenizer_source: SOURCE` or `tokenizer: {source, tokens, pad_to_multiple_of}`.
static ig_status read_tokenizer(const ig_yaml_node *root, ig_recipe_tokenizer *out, ig_error *err) {
  static const char *const keys[] = {"source", "tokens", "pad_to_multiple_of"};
  const ig_yaml_node *map, *tokens;
  out->pad_to_multiple_of = 1;
  IG_TRY(ig_yaml_string(root, "tokenizer_source", NULL, &out->source, err));
  IG_TRY(ig_yaml_map(root, "tokenizer", &map, err));
  if (!map) return IG_OK;
  if (out->source)
    return ig_yaml_fail(map, err, "expected one of 'tokenizer' and 'tokenizer_source'");
  IG_TRY(ig_yaml_check_keys(map, keys, COUNT(keys), err));
  IG_TRY(ig_yaml_string(map, "source", "union", &out->source, err));
  IG_TRY(ig_yaml_map(map, "tokens", &tokens, err));
  IG_TRY(ig_token_rules_read(tokens, &out->rules, err));
  IG_TRY(ig_yaml_int(map, "pad_to_multiple_of", 1, &out->pad_to_multiple_of, err));
  if (out->pad_to_multiple_of >= 1 && out->pad_to_multiple_of <= 65536) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(map, "pad_to_multiple_of"), err, "expected 1 to 65536, found %d",
                      out->pad_to_multiple_of);
}

// Reads `seed: N` or `rng: {kind, seed}`. The kind is philox, Ingot's own random numbers, or torch,
// PyTorch's. Without `rng` it is philox.
static ig_status read_random(const ig_yaml_node *root, ig_recipe *out, ig_error *err) {
  static const char *const keys[] = {"kind", "seed"}, *const kinds[] = {"philox", "torch"};
  const ig_yaml_words known = {kinds, COUNT(kinds), "philox or torch"};
  const ig_yaml_node *rng;
  size_t kind;
  IG_TRY(ig_yaml_u64(root, "seed", 0, &out->seed, err));
  IG_TRY(ig_yaml_map(root, "rng", &rng, err));
  if (!rng) return IG_OK;
  IG_TRY(ig_yaml_check_keys(rng, keys, COUNT(keys), err));
  IG_TRY(ig_yaml_word(rng, "kind", &known, 0, &kind, err));
  out->torch_random = kind == 1;
  return ig_yaml_u64(rng, "seed", out->seed, &out->seed, err);
}

// mergekit-moe's recipes. docs/decisions/mixtures-of-experts.md says why not.
static ig_status refuse_experts(const ig_yaml_node *root, ig_error *err) {
  const ig_yaml_node *experts = ig_yaml_get(root, "experts");
  return experts ? ig_yaml_fail(experts, err,
                                "mixtures of experts are not built: their routers would have to be "
                                "trained; merge_method: learned, or several models that translate "
                                "together, need none")
                 : IG_OK;
}

static ig_status read_recipe(const ig_yaml_node *root, ig_recipe *out, ig_error *err) {
  if (root->kind != IG_YAML_MAP)
    return ig_yaml_fail(root, err, "expected a map with 'merge_method'");
  IG_TRY(refuse_experts(root, err));
  IG_TRY(ig_yaml_check_keys(root, recipe_keys, COUNT(recipe_keys), err));
  IG_TRY(ig_yaml_string(root, "name", NULL, &out->name, err));
  IG_TRY(read_method(root, &out->method, err));
  IG_TRY(ig_learning_read(root, out->method, &out->learning, err));
  IG_TRY(ig_statistics_request_read(root, out->method, &out->statistics, err));
  IG_TRY(read_compatibility(root, &out->as_mergekit, err));
  IG_TRY(read_random(root, out, err));
  IG_TRY(read_missing(root, &out->missing, err));
  IG_TRY(read_allowed(root, out, err));
  IG_TRY(read_renames(root, out, err));
  IG_TRY(read_non_float(root, &out->takes_base_integers, err));
  IG_TRY(read_tokenizer(root, &out->tokenizer, err));
  IG_TRY(ig_yaml_string(root, "chat_template", NULL, &out->chat_template, err));
  IG_TRY(ig_yaml_string(root, "base_model", NULL, &out->base_model, err));
  if (out->method->base == IG_BASE_USE_REQUIRED && !out->base_model)
    return ig_yaml_fail(root, err, "%s needs a 'base_model'", out->method->name);
  IG_TRY(read_dtype(root, "dtype", &out->cast, &out->dtype, err));
  IG_TRY(read_dtype(root, "out_dtype", &out->cast_out, &out->out_dtype, err));
  IG_TRY(read_scope(root, false, out, &out->parameters, err));
  IG_TRY(read_modules(root, out, err));
  IG_TRY(ig_align_keys_read(root, out, err));
  out->document = ig_yaml_to_json(root);
  return out->document ? IG_OK : ig_fail_memory(err);
}

ig_status ig_recipe_read(const ig_yaml_node *root, ig_recipe *out, ig_error *err) {
  *out = (ig_recipe){.root = root};
  const ig_status status = read_recipe(root, out, err);
  if (status != IG_OK) ig_recipe_free(out);
  return status;
}

void ig_recipe_free(ig_recipe *recipe) {
  for (size_t m = 0; m < recipe->module_count; m++) {
    for (size_t s = 0; s < recipe->modules[m].count; s++) {
      const ig_recipe_slice *slice = &recipe->modules[m].slices[s];
      for (size_t i = 0; i < slice->count + slice->left_out; i++) free(slice->sources[i].model);
      free(slice->sources);
    }
    free(recipe->modules[m].slices);
  }
  free(recipe->modules);
  ig_learning_free(recipe->learning);
  ig_statistics_request_free(recipe->statistics);
  ig_search_space_free(recipe->search);
  free(recipe->align.data);
  ig_setting_free(recipe->scopes);
  ig_token_rules_free(&recipe->tokenizer.rules);
  free(recipe->renames.items);
  json_decref(recipe->document);
  *recipe = (ig_recipe){0};
}

void ig_recipe_label(const ig_recipe *recipe, const char *what, char out[IG_RECIPE_LABEL]) {
  const char *name = recipe->name;
  snprintf(out, IG_RECIPE_LABEL, "%s%s%s", what, name ? " for " : "", name ? name : "");
}
