#include "io/lora_config.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/name.h"
#include "io/json.h"
#include "io/lora_pattern.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// ---- what is refused --------------------------------------------------------

// Whether Python takes the value for true.
static bool is_set(const json_t *value) {
  switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_OBJECT: return json_object_size(value) > 0;
    case JSON_ARRAY: return json_array_size(value) > 0;
    case JSON_STRING: return json_string_length(value) > 0;
    case JSON_INTEGER:
    case JSON_REAL: return json_number_value(value) != 0;
    case JSON_TRUE: return true;
    case JSON_FALSE:
    case JSON_NULL: break;
  }
  return false;
}

static ig_status refuse_key(ig_json_object config, const char *key, const char *what,
                            ig_error *err) {
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: %s is not supported%s%s: merge the adapter into its model with PEFT's "
                 "merge_and_unload before",
                 config.where, key, *what ? ", " : "", what);
}

// A setting by which something else is computed than what the adapter's tensors tell.
typedef struct refused_setting {
  const char *key, *what;
} refused_setting;

static ig_status refuse_settings(ig_json_object config, ig_error *err) {
  static const refused_setting settings[] = {
      {"target_parameters", "which adapts parameters that are no modules"},
      {"layer_replication", "which repeats layers"},
      {"use_qalora", ""},
      {"use_bdlora", ""},
      {"arrow_config", ""},
      {"alora_invocation_tokens", ""},
      {"velora_config", ""},
      {"monteclora_config", ""},
      {"kasa_config", ""},
      {"megatron_config", ""},
  };
  for (size_t i = 0; i < COUNT(settings); i++)
    if (is_set(json_object_get(config.object, settings[i].key)))
      return refuse_key(config, settings[i].key, settings[i].what, err);
  return IG_OK;
}

static ig_status read_bias(ig_json_object config, bool *trained, ig_error *err) {
  const char *bias;
  IG_TRY(ig_json_string(config, "bias", "none", &bias, err));
  *trained = strcmp(bias, "none") != 0;
  if (!*trained || strcmp(bias, "all") == 0 || strcmp(bias, "lora_only") == 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: bias '%.40s', expected none, all or lora_only",
                 config.where, bias);
}

static bool same_word(const char *a, const char *b) {
  while (*a && tolower((unsigned char)*a) == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

// Refuses ways of beginning that change the base model: the adapter was trained on that changed
// base, so that W + scale B A is not what it was trained to be. The other ways leave the base as it
// is.
static ig_status refuse_base_changes(ig_json_object config, ig_error *err) {
  static const char *const harmless[] = {"gaussian", "eva", "orthogonal", "mica", "true", "false"};
  const json_t *value = json_object_get(config.object, "init_lora_weights");
  const char *word = json_string_value(value);
  if (!word) return IG_OK;
  for (size_t i = 0; i < COUNT(harmless); i++)
    if (same_word(word, harmless[i])) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: init_lora_weights '%.40s' is not supported: it changes the base model before "
                 "training (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA), so that the adapter does not fit "
                 "the base itself: save it with PEFT's path_initial_model_for_weight_conversion, "
                 "or merge it with merge_and_unload",
                 config.where, word);
}

static ig_status refuse_kinds(ig_json_object config, ig_error *err) {
  const char *kind;
  IG_TRY(ig_json_require(config, "peft_type", err));
  IG_TRY(ig_json_string(config, "peft_type", "LORA", &kind, err));
  return strcmp(kind, "LORA") == 0
             ? IG_OK
             : ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: peft_type %.40s, expected LORA",
                       config.where, kind);
}

// ---- patterns ---------------------------------------------------------------

// must_be_known: an expression that is not understood is refused; else it is left to the caller.
static ig_status check_patterns(ig_json_object config, const char *name, bool must_be_known,
                                ig_error *err) {
  const json_t *patterns = json_object_get(config.object, name);
  const char *key;
  json_t *value;
  if (patterns && !json_is_object(patterns) && !json_is_null(patterns))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected an object of names and numbers",
                   config.where, name);
  json_object_foreach((json_t *)patterns, key, value) {
    if (must_be_known && !ig_lora_pattern_is_known(key))
      return ig_fail(
          err, IG_ERROR_UNSUPPORTED,
          "%s: %s: the regular expression '%.100s' is not supported: merge the adapter into "
          "its model with PEFT's merge_and_unload before",
          config.where, name, key);
    if (!json_is_number(value))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: '%.100s': expected a number", config.where,
                     name, key);
  }
  return IG_OK;
}

static ig_status check_rank(ig_json_object config, ig_error *err) {
  const json_t *rank = json_object_get(config.object, "r");
  if (!rank || (json_is_integer(rank) && json_integer_value(rank) > 0)) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: r: expected a whole number above 0", config.where);
}

// ---- the whole --------------------------------------------------------------

static ig_status read_config(ig_json_object config, ig_lora_config *out, ig_error *err) {
  IG_TRY(refuse_kinds(config, err));
  IG_TRY(refuse_settings(config, err));
  IG_TRY(refuse_base_changes(config, err));
  IG_TRY(check_patterns(config, "alpha_pattern", true, err));
  IG_TRY(check_patterns(config, "rank_pattern", false, err));
  IG_TRY(check_rank(config, err));
  IG_TRY(read_bias(config, &out->trains_biases, err));
  IG_TRY(ig_json_bool(config, "use_dora", false, &out->has_magnitudes, err));
  IG_TRY(ig_json_bool(config, "lora_bias", false, &out->has_biases, err));
  IG_TRY(ig_json_bool(config, "fan_in_fan_out", false, &out->fan_in_fan_out, err));
  IG_TRY(ig_json_bool(config, "use_rslora", false, &out->rank_stabilized, err));
  IG_TRY(ig_json_require(config, "lora_alpha", err));
  return ig_json_number(config, "lora_alpha", 0, &out->alpha, err);
}

ig_status ig_lora_config_load(const char *path, ig_lora_config *out, ig_error *err) {
  *out = (ig_lora_config){0};
  IG_TRY(ig_json_load_object(path, &out->json, err));
  const ig_status status = read_config((ig_json_object){out->json, path}, out, err);
  if (status != IG_OK) ig_lora_config_free(out);
  return status;
}

void ig_lora_config_free(ig_lora_config *config) {
  json_decref(config->json);
  *config = (ig_lora_config){0};
}

bool ig_lora_config_is_within(const char *tensor, const char *module) {
  const size_t length = strlen(module);
  for (const char *dot = strchr(tensor, '.'); dot; dot = strchr(dot + 1, '.')) {
    const size_t before = (size_t)(dot - tensor);
    if (before >= length && memcmp(dot - length, module, length) == 0) return true;
  }
  return false;
}

bool ig_lora_config_replaces(const ig_lora_config *config, const char *tensor) {
  const json_t *modules = json_object_get(config->json, "modules_to_save");
  size_t i;
  json_t *module;
  if (config->trains_biases && strstr(tensor, "bias")) return true;
  json_array_foreach(modules, i, module) {
    const char *name = json_string_value(module);
    if (name && *name && ig_lora_config_is_within(tensor, name)) return true;
  }
  return false;
}

const json_t *ig_lora_config_tokens(const ig_lora_config *config, const char *module) {
  const json_t *tokens = json_object_get(config->json, "trainable_token_indices");
  const char *name;
  json_t *listed;
  if (json_is_array(tokens)) return tokens;
  json_object_foreach((json_t *)tokens, name, listed) {
    if (ig_name_ends_with(module, name)) return listed;
  }
  return NULL;
}

double ig_lora_config_rank(const ig_lora_config *config, const char *module) {
  const char *key;
  json_t *value;
  json_object_foreach(json_object_get(config->json, "rank_pattern"), key, value) {
    if (!ig_lora_pattern_is_known(key)) return 0;
    if (ig_lora_pattern_holds(key, module)) return json_number_value(value);
  }
  return json_number_value(json_object_get(config->json, "r"));
}

double ig_lora_config_scale(const ig_lora_config *config, const char *module, size_t rank) {
  const double r = rank ? (double)rank : 1;
  double alpha = config->alpha;
  const char *key;
  json_t *value;
  json_object_foreach(json_object_get(config->json, "alpha_pattern"), key, value) {
    if (!ig_lora_pattern_holds(key, module)) continue;
    alpha = json_number_value(value);
    break;
  }
  return alpha / (config->rank_stabilized ? sqrt(r) : r);
}
