#include "fuse/plan/special_ids.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "io/json.h"
#include "io/model_directory.h"

static const char *const id_keys[] = {
    "pad_token_id",           "eos_token_id",          "bos_token_id",        "unk_token_id",
    "decoder_start_token_id", "forced_eos_token_id",   "forced_bos_token_id", "bad_words_ids",
    "suppress_tokens",        "begin_suppress_tokens", "sep_token_id",        "cls_token_id",
    "mask_token_id"};
enum { ID_KEYS = sizeof id_keys / sizeof *id_keys };

static int map_id(const ig_alignment *a, json_int_t id) {
  return id >= 0 && id < a->new_ids ? a->new_id[id] : -1;
}

static json_t *map_single(const ig_alignment *a, const json_t *value) {
  if (!json_is_integer(value)) return json_deep_copy(value);
  const int id = map_id(a, json_integer_value(value));
  return id < 0 ? json_null() : json_integer(id);
}

// Maps a list of ids, or of sequences of ids. A single id whose piece the output lacks is left out;
// a sequence with such an id is null, for it is never written as a whole. So is what is empty then.
static json_t *map_list(const ig_alignment *a, const json_t *value, bool is_sequence) {
  json_t *list = json_array();
  bool fine = list != NULL, lost = false;
  for (size_t i = 0; fine && i < json_array_size(value); i++) {
    const json_t *item = json_array_get(value, i);
    json_t *mapped = json_is_array(item) ? map_list(a, item, true) : map_single(a, item);
    if (json_is_null(mapped))
      lost = true;
    else
      fine = json_array_append_new(list, mapped) == 0;
  }
  if (fine && (!lost || (!is_sequence && json_array_size(list)))) return list;
  json_decref(list);
  return fine ? json_null() : NULL;
}

// Maps an id, or all ids of a list, to a new reference. An id whose piece the output lacks becomes
// null, and any other value is copied.
static json_t *map_value(const ig_alignment *a, const json_t *value) {
  return json_is_array(value) ? map_list(a, value, false) : map_single(a, value);
}

bool ig_special_ids_map(const ig_alignment *a, json_t *config) {
  for (int i = 0; i < ID_KEYS; i++) {
    const json_t *value = json_object_get(config, id_keys[i]);
    if (value && json_object_set_new(config, id_keys[i], map_value(a, value))) return false;
  }
  return true;
}

// Keys without which a text begins and ends as before, or lists of what is not to be written: what
// is no piece is written no more.
static bool may_be_lost(const char *key) {
  static const char *const keys[] = {"bos_token_id", "bad_words_ids", "suppress_tokens",
                                     "begin_suppress_tokens"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (strcmp(key, keys[i]) == 0) return true;
  return false;
}

// Whether an id, or every id of a list, is of a piece that the output lacks.
static ig_status find_lost(const ig_alignment *a, const json_t *value, bool *lost, ig_error *err) {
  *lost = false;
  if (!json_is_integer(value) && !json_is_array(value)) return IG_OK;
  json_t *mapped = map_value(a, value);
  if (!mapped) return ig_fail_memory(err);
  *lost = json_is_null(mapped);
  json_decref(mapped);
  return IG_OK;
}

static ig_status add_lost(ig_fusion_plan *plan, const char *file, const char *key,
                          const json_t *value, ig_error *err) {
  char *text = ig_json_text(value, JSON_ENCODE_ANY | JSON_COMPACT);
  if (!text) return ig_fail_memory(err);
  const ig_status status = ig_problems_add(
      &plan->problems, NULL, err, "%s: %s of %s is %.80s, %s that the output's vocabulary lacks",
      file, key, ig_fusion_plan_donor(plan)->reference, text,
      json_is_array(value) ? "pieces" : "a piece");
  free(text);
  return status;
}

static ig_status check_file(ig_fusion_plan *plan, const char *file, const json_t *config,
                            ig_error *err) {
  for (int i = 0; i < ID_KEYS; i++) {
    const json_t *value = json_object_get(config, id_keys[i]);
    bool lost;
    if (may_be_lost(id_keys[i])) continue;
    IG_TRY(find_lost(plan->alignment, value, &lost, err));
    if (lost) IG_TRY(add_lost(plan, file, id_keys[i], value, err));
  }
  return IG_OK;
}

ig_status ig_special_ids_check(ig_fusion_plan *plan, ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  size_t at = 0;
  const char *name = ig_model_directory_next(IG_MODEL_DIRECTORY_ROLE_GENERATION, &at);
  json_t *generation = NULL;
  IG_TRY(check_file(plan, "config.json", donor->config, err));
  if (donor->directory) IG_TRY(ig_json_load_in_if_exists(donor->directory, name, &generation, err));
  const ig_status status = check_file(plan, name, generation, err);
  json_decref(generation);
  return status;
}

// The piece of an id in a configuration; NULL: it has no such id, or no piece has it.
static const char *piece_of(const json_t *config, const char *key, const ig_pieces *pieces) {
  const json_t *value = ig_json_only_item(json_object_get(config, key));
  const json_int_t id = json_is_integer(value) ? json_integer_value(value) : -1;
  return id < INT_MAX ? ig_vocabulary_token(ig_pieces_side(pieces, 1), (int)id) : NULL;
}

ig_status ig_special_ids_compare(ig_fusion_plan *plan, const ig_pieces *pieces, ig_error *err) {
  static const char *const keys[] = {"pad_token_id", "eos_token_id", "decoder_start_token_id"};
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  const ig_pieces *own = &pieces[donor - plan->models.model];
  for (size_t m = 0; m < plan->models.count; m++)
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
      const ig_fuse_model *model = &plan->models.model[m];
      const char *a = piece_of(donor->config, keys[i], own),
                 *b = piece_of(model->config, keys[i], &pieces[m]);
      if (a && b && strcmp(a, b) != 0)
        IG_TRY(
            ig_problems_add(&plan->notes, NULL, err,
                            "config.json: %s is '%.40s' in %s and '%.40s' in %s: the output's is "
                            "'%.40s'",
                            keys[i], a, donor->reference, b, model->reference, a));
    }
  return IG_OK;
}
