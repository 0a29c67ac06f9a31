// ig_fuse: a recipe in, a model directory out.
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "fuse/compare.h"
#include "fuse/execute.h"
#include "fuse/provenance.h"
#include "io/json.h"

// What stands beside the weights; those that the donor lacks are passed over.
static const char *const companions[] = {"generation_config.json",
                                         "tokenizer_config.json",
                                         "special_tokens_map.json",
                                         "tokenizer.json",
                                         "vocab.json",
                                         "merges.txt",
                                         "source.spm",
                                         "target.spm",
                                         "sentencepiece.bpe.model",
                                         "spiece.model",
                                         "added_tokens.json",
                                         "preprocessor_config.json"};

static ig_status copy_companion(const char *from, const char *to, const char *name, ig_error *err) {
  char *source = ig_join_path(from, name, err), *target = source ? ig_join_path(to, name, err) : NULL;
  ig_status status = target ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK && ig_file_exists(source)) status = ig_copy_file(source, target, err);
  free(source);
  free(target);
  return status;
}

// The donor's config.json with the output's numbers of layers and dtype.
static ig_status write_config(const ig_plan *plan, const ig_fuse_model *donor, const char *directory, ig_error *err) {
  static const char *const keys[] = {
      [IG_STACK_NONE] = "num_hidden_layers", [IG_STACK_ENCODER] = "encoder_layers", [IG_STACK_DECODER] = "decoder_layers"};
  static const char *const t5_keys[] = {[IG_STACK_NONE] = NULL, [IG_STACK_ENCODER] = "num_layers", [IG_STACK_DECODER] = "num_decoder_layers"};
  static const char *const dtypes[] = {[IG_DTYPE_F32] = "float32", [IG_DTYPE_F16] = "float16", [IG_DTYPE_BF16] = "bfloat16"};
  json_t *config = json_deep_copy(donor->config);
  bool fine = config != NULL;
  for (int stack = 0; fine && stack < 3; stack++) {
    const char *key = json_object_get(config, keys[stack]) ? keys[stack] : t5_keys[stack];
    if (plan->layers[stack] && key) fine = json_object_set_new(config, key, json_integer(plan->layers[stack])) == 0;
  }
  const char *dtype_key = json_object_get(config, "torch_dtype") ? "torch_dtype" : "dtype";
  if (fine && (plan->recipe->cast || plan->recipe->cast_out))
    fine = json_object_set_new(config, dtype_key, json_string(dtypes[plan->recipe->cast_out ? plan->recipe->out_dtype : plan->recipe->dtype])) == 0;
  char *path = fine ? ig_join_path(directory, "config.json", err) : NULL;
  const ig_status status = path ? ig_json_save(path, config, 17, err) : ig_fail(err, IG_ERROR_MEMORY, "out of memory");
  free(path);
  json_decref(config);
  return status;
}

// The model that config and tokenizer come from: the base, or the first one named.
static const ig_fuse_model *donor_of(const ig_plan *plan) {
  for (size_t i = 0; plan->recipe->base_model && i < plan->models.count; i++)
    if (strcmp(plan->models.model[i].reference, plan->recipe->base_model) == 0) return &plan->models.model[i];
  return &plan->models.model[0];
}

static ig_status write_companions(const ig_plan *plan, const json_t *provenance, const char *directory, ig_error *err) {
  const ig_fuse_model *donor = donor_of(plan);
  for (size_t i = 0; i < sizeof companions / sizeof *companions; i++) IG_TRY(copy_companion(donor->directory, directory, companions[i], err));
  IG_TRY(write_config(plan, donor, directory, err));
  char *path = ig_join_path(directory, "fusion.json", err);
  const ig_status status = path ? ig_json_save(path, provenance, 17, err) : IG_ERROR_MEMORY;
  free(path);
  return status;
}

static ig_status write_staged(const ig_plan *plan, ig_pool *pool, const json_t *provenance, const ig_fuse_options *options, const char *output,
                              ig_error *err) {
  char fingerprint[IG_HASH_TEXT];
  IG_TRY(ig_provenance_fingerprint(provenance, fingerprint, err));
  ig_staging staging;
  ig_status status = ig_staging_open(output, fingerprint, plan->count, &staging, err);
  if (status == IG_OK && staging.resumed && options->reporter.message)
    options->reporter.message(options->reporter.context, IG_INFO, "going on with an unfinished fusion");
  if (status == IG_OK) status = ig_plan_execute(plan, pool, &staging, &options->reporter, err);
  if (status == IG_OK) status = write_companions(plan, provenance, staging.directory, err);
  if (status == IG_OK) status = ig_staging_finish(&staging, err);
  ig_staging_close(&staging);
  return status;
}

static ig_status write_report(const ig_plan *plan, ig_pool *pool, const char *path, ig_error *err) {
  ig_comparison *items;
  size_t count;
  IG_TRY(ig_plan_compare(plan, pool, &items, &count, err));
  const ig_status status = ig_comparison_write(plan, items, count, path, err);
  free(items);
  return status;
}

static ig_status write_model(const ig_plan *plan, const ig_fuse_options *options, const char *output, ig_error *err) {
  ig_pool *pool = NULL;
  json_t *provenance = NULL;
  IG_TRY(ig_pool_create(options->threads, &pool, err));
  ig_status status = options->report ? write_report(plan, pool, options->report, err) : IG_OK;
  if (status == IG_OK && !options->dry_run)
    status = ig_provenance_make(plan, options->sha256 ? IG_HASH_SHA256 : IG_HASH_XXH3, pool, &provenance, err);
  if (status == IG_OK && !options->dry_run) status = write_staged(plan, pool, provenance, options, output, err);
  json_decref(provenance);
  ig_pool_free(pool);
  return status;
}

static ig_status fuse(const ig_yaml *yaml, const ig_fuse_options *options, const char *output, ig_error *err) {
  ig_recipe recipe;
  ig_plan plan;
  IG_TRY(ig_recipe_read(ig_yaml_root(yaml), &recipe, err));
  ig_status status = ig_plan_make(&recipe, &plan, err);
  if (status == IG_OK) status = ig_problems_report(&plan.problems, ig_yaml_root(yaml)->file, &options->reporter, err);
  if (status == IG_OK) status = write_model(&plan, options, output, err);
  ig_plan_free(&plan);
  ig_recipe_free(&recipe);
  return status;
}

ig_fuse_options ig_fuse_options_default(void) { return (ig_fuse_options){0}; }

ig_status ig_fuse(const char *recipe, const char *output, const ig_fuse_options *options, ig_error *err) {
  ig_yaml *yaml;
  IG_TRY(ig_yaml_load(recipe, &yaml, err));
  const ig_status status = fuse(yaml, options, output, err);
  ig_yaml_free(yaml);
  return status;
}
