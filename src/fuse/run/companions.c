#include "fuse/run/companions.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "fuse/plan/output_config.h"
#include "fuse/plan/special_ids.h"
#include "io/json.h"
#include "io/model_directory.h"

static ig_status copy_file(const char *source, ig_staging *to, const char *name, const char *target,
                           ig_error *err) {
  IG_TRY(ig_staging_claim(to, name, err));
  return ig_file_copy(source, target, err);
}

// Copies a file, if it exists.
static ig_status copy_companion(const char *from, ig_staging *to, const char *name, ig_error *err) {
  char *source = ig_path_join(from, name, err),
       *target = source ? ig_path_join(to->directory, name, err) : NULL;
  ig_status status = target ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK && ig_file_exists(source)) status = copy_file(source, to, name, target, err);
  free(source);
  free(target);
  return status;
}

static ig_status write_config(const ig_fusion_plan *plan, const char *directory, ig_error *err) {
  json_t *config = ig_output_config_make(plan);
  const ig_status status = ig_json_save_in(directory, "config.json", config, 17, err);
  json_decref(config);
  return status;
}

// Replaces the special ids in a file that was copied from the donor, if it exists.
static ig_status map_special_ids(const ig_alignment *a, const char *directory, const char *name,
                                 ig_error *err) {
  json_t *json;
  IG_TRY(ig_json_load_in_if_exists(directory, name, &json, err));
  if (!json) return IG_OK;
  ig_status status = ig_special_ids_map(a, json) ? IG_OK : ig_fail_memory(err);
  if (status == IG_OK) status = ig_json_save_in(directory, name, json, 17, err);
  json_decref(json);
  return status;
}

static ig_status write_generation(const ig_fusion_plan *plan, ig_staging *staging, ig_error *err) {
  size_t at = 0;
  const char *name = ig_model_directory_next(IG_MODEL_DIRECTORY_ROLE_GENERATION, &at);
  IG_TRY(copy_companion(ig_fusion_plan_donor(plan)->directory, staging, name, err));
  return plan->alignment ? map_special_ids(plan->alignment, staging->directory, name, err) : IG_OK;
}

static ig_status write_tokenizer(const ig_fusion_plan *plan, ig_staging *staging, ig_error *err) {
  const char *from = ig_fusion_plan_tokenizer(plan), *name;
  for (size_t at = 0;
       (name = ig_model_directory_next(IG_MODEL_DIRECTORY_ROLE_TOKENIZER, &at)) != NULL;)
    IG_TRY(copy_companion(from, staging, name, err));
  return IG_OK;
}

// Writes the vocabularies again, with the pieces that were added to them.
static ig_status write_vocabularies(const ig_alignment *a, const char *directory, ig_error *err) {
  static const char *const names[] = {"vocab.json", "target_vocab.json"};
  for (int side = 0; side <= a->output.separate; side++) {
    char *path = ig_path_join(directory, names[side], err);
    const ig_status status =
        path ? ig_vocabulary_save(&a->output.side[side], path, err) : IG_ERROR_MEMORY;
    free(path);
    IG_TRY(status);
  }
  return IG_OK;
}

ig_status ig_companions_write(const ig_fusion_plan *plan, ig_staging *staging, ig_error *err) {
  const char *directory = staging->directory;
  IG_TRY(write_tokenizer(plan, staging, err));
  IG_TRY(write_generation(plan, staging, err));
  if (plan->alignment && plan->alignment->added)
    IG_TRY(write_vocabularies(plan->alignment, directory, err));
  return write_config(plan, directory, err);
}
