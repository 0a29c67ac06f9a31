#include "fuse/run/companions.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "fuse/plan/output_config.h"
#include "fuse/plan/special_ids.h"
#include "io/json.h"
#include "io/model_directory.h"

static ig_status copy_companion(const char *from, const char *to, const char *name, ig_error *err) {
  char *source = ig_path_join(from, name, err),
       *target = source ? ig_path_join(to, name, err) : NULL;
  ig_status status = target ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK && ig_file_exists(source)) status = ig_file_copy(source, target, err);
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

// The donor's, with the output's special ids.
static ig_status write_generation(const ig_fusion_plan *plan, const char *directory,
                                  const char *name, ig_error *err) {
  IG_TRY(copy_companion(ig_fusion_plan_donor(plan)->directory, directory, name, err));
  if (!plan->alignment) return IG_OK;
  json_t *json = NULL;
  IG_TRY(ig_json_load_in_if_exists(directory, name, &json, err));
  if (!json) return IG_OK;
  ig_status status = IG_OK;
  if (!ig_special_ids_map(plan->alignment, json)) status = ig_fail_memory(err);
  if (status == IG_OK) status = ig_json_save_in(directory, name, json, 17, err);
  json_decref(json);
  return status;
}

// With the pieces that the union added.
static ig_status write_vocabularies(const ig_alignment *a, const char *directory, ig_error *err) {
  static const char *const names[] = {"vocab.json", "target_vocab.json"};
  for (int side = 0; side <= a->output.apart; side++) {
    char *path = ig_path_join(directory, names[side], err);
    const ig_status status =
        path ? ig_vocabulary_save(&a->output.side[side], path, err) : IG_ERROR_MEMORY;
    free(path);
    IG_TRY(status);
  }
  return IG_OK;
}

ig_status ig_companions_write(const ig_fusion_plan *plan, const char *directory, ig_error *err) {
  const char *name;
  for (size_t at = 0;
       (name = ig_model_directory_next(IG_MODEL_DIRECTORY_ROLE_TOKENIZER, &at)) != NULL;)
    IG_TRY(copy_companion(ig_fusion_plan_tokenizer(plan), directory, name, err));
  for (size_t at = 0;
       (name = ig_model_directory_next(IG_MODEL_DIRECTORY_ROLE_GENERATION, &at)) != NULL;)
    IG_TRY(write_generation(plan, directory, name, err));
  if (plan->alignment && plan->alignment->added)
    IG_TRY(write_vocabularies(plan->alignment, directory, err));
  return write_config(plan, directory, err);
}
