#include "fuse/run/companions.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "fuse/input/donor_files.h"
#include "fuse/input/vocabulary_files.h"
#include "fuse/plan/output_config.h"
#include "fuse/plan/special_ids.h"
#include "fuse/run/new_tokens.h"
#include "io/json.h"
#include "io/model_directory.h"
#include "io/shortlist.h"

// Makes the folder of a file in a folder.
static ig_status make_folder(const char *target, ig_error *err) {
  char *folder = ig_path_parent(target, err);
  if (!folder) return IG_ERROR_MEMORY;
  const ig_status status = ig_path_make_directories(folder, err);
  free(folder);
  return status;
}

static ig_status copy_file(const char *source, ig_staging *to, const char *name, const char *target,
                           ig_error *err) {
  IG_TRY(ig_staging_claim(to, name, err));
  if (strchr(name, '/')) IG_TRY(make_folder(target, err));
  return ig_file_copy(source, target, err);
}

static ig_status copy_companion(const char *from, ig_staging *to, const char *name, ig_error *err) {
  char *source = ig_path_join(from, name, err),
       *target = source ? ig_path_join(to->directory, name, err) : NULL;
  const ig_status status = target ? copy_file(source, to, name, target, err) : IG_ERROR_MEMORY;
  free(source);
  free(target);
  return status;
}

// Which files of a directory go along.
typedef struct companion_choice {
  const bool *of_tokenizer;  // only those of the tokenizer, or only the others; NULL: both
  bool new_pieces;           // the output has some, which a shortlist does not know
  bool only_json;            // tokenizer.json alone tells the output's pieces
} companion_choice;

static bool is_chosen(const companion_choice *choice, const char *name) {
  const bool of_shortlist =
      strcmp(name, IG_SHORTLIST_NAME) == 0 || strcmp(name, IG_SHORTLIST_RECORD_NAME) == 0;
  if (of_shortlist && choice->new_pieces) return false;
  if (choice->only_json && ig_vocabulary_files_of_class(name)) return false;
  return !choice->of_tokenizer || ig_donor_files_is_tokenizer(name) == *choice->of_tokenizer;
}

static ig_status copy_files(const ig_donor_files *files, const char *from, ig_staging *to,
                            const companion_choice *choice, ig_error *err) {
  for (size_t i = 0; i < files->count; i++)
    if (!files->items[i].left_out && is_chosen(choice, files->items[i].name))
      IG_TRY(copy_companion(from, to, files->items[i].name, err));
  return IG_OK;
}

static ig_status write_config(const ig_fusion_plan *plan, ig_staging *to, ig_error *err) {
  IG_TRY(ig_staging_claim(to, "config.json", err));
  json_t *config = ig_output_config_make(plan);
  const ig_status status = ig_json_save_in(to->directory, "config.json", config, 17, err);
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

static ig_status copy_from(const char *directory, const ig_safetensors *weights, ig_staging *to,
                           const companion_choice *choice, ig_error *err) {
  ig_donor_files files = {0};
  ig_status status = ig_donor_files_list(directory, weights, &files, err);
  if (status == IG_OK) status = copy_files(&files, directory, to, choice, err);
  ig_donor_files_free(&files);
  return status;
}

// The donor's files, and those of the tokenizer where it is another directory's.
static ig_status copy_all(const ig_fusion_plan *plan, ig_staging *staging, ig_error *err) {
  static const bool of_tokenizer = true, of_donor = false;
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  const char *tokenizer = ig_fusion_plan_tokenizer(plan);
  companion_choice choice = {.new_pieces = plan->alignment && plan->alignment->added,
                             .only_json = plan->alignment && plan->alignment->new_text};
  if (strcmp(tokenizer, donor->directory) == 0)
    return copy_from(donor->directory, donor->tensors, staging, &choice, err);
  choice.of_tokenizer = &of_donor;
  IG_TRY(copy_from(donor->directory, donor->tensors, staging, &choice, err));
  choice.of_tokenizer = &of_tokenizer;
  return copy_from(tokenizer, NULL, staging, &choice, err);
}

// Writes the vocabularies again, with the pieces that were added to them.
static ig_status write_vocabularies(const ig_alignment *a, ig_staging *to, ig_error *err) {
  if (a->output.tokenizer) return ig_new_tokens_write(a, to->directory, err);
  static const char *const names[] = {"vocab.json", "target_vocab.json"};
  for (int side = 0; side <= a->output.separate; side++) {
    IG_TRY(ig_staging_claim(to, names[side], err));
    char *path = ig_path_join(to->directory, names[side], err);
    const ig_status status =
        path ? ig_vocabulary_save(&a->output.side[side], path, err) : IG_ERROR_MEMORY;
    free(path);
    IG_TRY(status);
  }
  return IG_OK;
}

// Writes a template to chat_template.jinja and, if it exists, to tokenizer_config.json.
static ig_status write_template(const char *text, ig_staging *to, ig_error *err) {
  static const char name[] = "chat_template.jinja", config_name[] = "tokenizer_config.json";
  IG_TRY(ig_staging_claim(to, name, err));
  char *path = ig_path_join(to->directory, name, err);
  ig_status status = path ? ig_file_write(path, text, strlen(text), err) : IG_ERROR_MEMORY;
  free(path);
  json_t *config = NULL;
  if (status == IG_OK) status = ig_json_load_in_if_exists(to->directory, config_name, &config, err);
  if (config && json_object_set_new(config, "chat_template", json_string(text)))
    status = ig_fail_memory(err);
  if (config && status == IG_OK)
    status = ig_json_save_in(to->directory, config_name, config, 17, err);
  json_decref(config);
  return status;
}

ig_status ig_companions_write(const ig_fusion_plan *plan, ig_staging *staging, ig_error *err) {
  const char *directory = staging->directory;
  size_t at = 0;
  const char *generation = ig_model_directory_next(IG_MODEL_DIRECTORY_ROLE_GENERATION, &at);
  IG_TRY(copy_all(plan, staging, err));
  const ig_alignment *a = plan->alignment;
  if (a && !a->idle) IG_TRY(map_special_ids(a, directory, generation, err));
  if (a && a->added) IG_TRY(write_vocabularies(a, staging, err));
  if (plan->chat_template) IG_TRY(write_template(plan->chat_template, staging, err));
  return write_config(plan, staging, err);
}
