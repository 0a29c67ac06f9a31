#include "fuse/run/companions.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "fuse/input/model_files.h"
#include "fuse/plan/output_config.h"
#include "fuse/plan/special_ids.h"
#include "io/json.h"

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
  char *path = config ? ig_path_join(directory, "config.json", err) : NULL;
  const ig_status status = path ? ig_json_save(path, config, 17, err) : ig_fail_memory(err);
  free(path);
  json_decref(config);
  return status;
}

// The donor's, with the output's special ids.
static ig_status write_generation(const ig_fusion_plan *plan, const char *directory,
                                  ig_error *err) {
  const char *name = ig_companions[0];
  char *path = ig_path_join(directory, name, err);
  json_t *json = NULL;
  ig_status status =
      path ? copy_companion(ig_fusion_plan_donor(plan)->directory, directory, name, err)
           : IG_ERROR_MEMORY;
  if (status == IG_OK && plan->alignment && ig_file_exists(path)) {
    status = ig_json_load_object(path, &json, err);
    if (status == IG_OK && !ig_special_ids_map(plan->alignment, json)) status = ig_fail_memory(err);
    if (status == IG_OK) status = ig_json_save(path, json, 17, err);
  }
  json_decref(json);
  free(path);
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
  for (size_t i = 1; ig_companions[i]; i++)
    IG_TRY(copy_companion(ig_fusion_plan_tokenizer(plan), directory, ig_companions[i], err));
  IG_TRY(write_generation(plan, directory, err));
  if (plan->alignment && plan->alignment->added)
    IG_TRY(write_vocabularies(plan->alignment, directory, err));
  return write_config(plan, directory, err);
}
