#include "fuse/plan/special_ids.h"

#include <string.h>

#include "base/fail.h"

static const char *const id_keys[] = {
    "pad_token_id",           "eos_token_id",         "bos_token_id",        "unk_token_id",
    "decoder_start_token_id", "forced_eos_token_id",  "forced_bos_token_id", "bad_words_ids",
    "suppress_tokens",        "begin_suppress_tokens"};
enum { ID_KEYS = sizeof id_keys / sizeof *id_keys };

static int map_id(const ig_alignment *a, json_int_t id) {
  return id >= 0 && id < a->new_ids ? a->new_id[id] : -1;
}

// Maps an id, or all ids of a list, to a new reference. An id whose piece the output lacks becomes
// null, and any other value is copied.
static json_t *map_value(const ig_alignment *a, const json_t *value) {
  if (json_is_integer(value)) {
    const int id = map_id(a, json_integer_value(value));
    return id < 0 ? json_null() : json_integer(id);
  }
  if (!json_is_array(value)) return json_deep_copy(value);
  json_t *list = json_array();
  for (size_t i = 0; list && i < json_array_size(value); i++)
    if (json_array_append_new(list, map_value(a, json_array_get(value, i)))) {
      json_decref(list);
      return NULL;
    }
  return list;
}

bool ig_special_ids_map(const ig_alignment *a, json_t *config) {
  for (int i = 0; i < ID_KEYS; i++) {
    const json_t *value = json_object_get(config, id_keys[i]);
    if (value && json_object_set_new(config, id_keys[i], map_value(a, value))) return false;
  }
  return true;
}

ig_status ig_special_ids_check(ig_fusion_plan *plan, ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  for (int i = 0; i < ID_KEYS; i++) {
    const json_t *value = json_object_get(donor->config, id_keys[i]);
    if (!json_is_integer(value) || strcmp(id_keys[i], "bos_token_id") == 0 ||
        map_id(plan->alignment, json_integer_value(value)) >= 0)
      continue;
    IG_TRY(
        ig_problems_add(&plan->problems, NULL, err,
                        "config.json: %s of %s is %d, a piece that the output's vocabulary lacks",
                        id_keys[i], donor->reference, (int)json_integer_value(value)));
  }
  return IG_OK;
}
