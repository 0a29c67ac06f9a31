#include "io/lora_names.h"

#include <string.h>

#include "base/allocate.h"
#include "base/name.h"

static const char prefix[] = "base_model.model.";

static const char *without_prefix(const char *name) {
  return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
}

// Whether `rest`, what follows the part's name, is `end` after the name of an adapter or without.
static bool is_end(const char *rest, const char *end) {
  if (strcmp(rest, end) == 0) return true;
  const char *dot = *rest == '.' ? strchr(rest + 1, '.') : NULL;
  if (*end == '\0') return *rest == '.' && !dot;
  return dot && strcmp(dot, end) == 0;
}

size_t ig_lora_names_split(const char *name, const char **path, ig_lora_part *part) {
  static const struct {
    const char *level, *end;
    ig_lora_part part;
  } parts[] = {
      {".lora_A", ".weight", IG_LORA_PART_A},
      {".lora_B", ".weight", IG_LORA_PART_B},
      {".lora_B", ".bias", IG_LORA_PART_BIAS},
      {".lora_embedding_A", "", IG_LORA_PART_EMBEDDING_A},
      {".lora_embedding_B", "", IG_LORA_PART_EMBEDDING_B},
      {".lora_magnitude_vector", "", IG_LORA_PART_MAGNITUDE},
      {".lora_magnitude_vector", ".weight", IG_LORA_PART_MAGNITUDE},
      {".token_adapter.trainable_tokens_delta", "", IG_LORA_PART_TOKENS},
  };
  *path = without_prefix(name);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const char *at = strstr(*path, parts[i].level);
    if (!at || !is_end(at + strlen(parts[i].level), parts[i].end)) continue;
    *part = parts[i].part;
    return (size_t)(at - *path);
  }
  *part = IG_LORA_PART_COUNT;
  return strlen(*path);
}

// Whether a dotted name (length bytes) is `end`, or ends with a dot and `end`.
static bool ends_with_part(const char *name, size_t length, const char *end, size_t end_length) {
  return length >= end_length && memcmp(name + length - end_length, end, end_length) == 0 &&
         (length == end_length || name[length - end_length - 1] == '.');
}

// The first number among the levels of a name, which is that of its layer, and its length; NULL:
// there is none.
static const char *layer_of(const char *name, size_t *length) {
  for (const char *level = name; level;
       level = strchr(level, '.') ? strchr(level, '.') + 1 : NULL) {
    *length = strspn(level, "0123456789");
    if (*length > 0 && (level[*length] == '.' || level[*length] == '\0')) return level;
  }
  *length = 0;
  return NULL;
}

static bool is_in_same_layer(const char *weight, const char *path) {
  size_t length, path_length;
  const char *layer = layer_of(weight, &length), *path_layer = layer_of(path, &path_length);
  if (!layer || !path_layer) return layer == path_layer;
  return length == path_length && memcmp(layer, path_layer, length) == 0;
}

// Whether the weight's name and the module's path are the same but for levels in front, which a
// checkpoint or an adapter may lack.
static bool may_belong(const char *weight, const char *path, const char *suffix) {
  const size_t length = strlen(weight), path_length = strlen(path);
  if (!ig_name_ends_with(weight, suffix)) return false;
  const size_t stem = length - strlen(suffix);
  if (!ends_with_part(weight, stem, path, path_length) &&
      !ends_with_part(path, path_length, weight, stem))
    return false;
  // "model.layers.0.fc" is no "fc", which may be the head.
  return is_in_same_layer(weight, path);
}

static bool is_exact(const char *weight, const char *path, const char *suffix) {
  const size_t length = strlen(path);
  return strncmp(weight, path, length) == 0 && strcmp(weight + length, suffix) == 0;
}

void ig_lora_names_find(const ig_safetensors *model, const char *path, const char *suffix,
                        const ig_safetensor **out, const ig_safetensor **other) {
  *out = *other = NULL;
  for (size_t i = 0; i < ig_safetensors_count(model); i++) {
    const ig_safetensor *weight = ig_safetensors_get(model, i);
    if (is_exact(weight->name, path, suffix)) {
      *out = weight;
      *other = NULL;
      return;
    }
    if (!may_belong(weight->name, path, suffix)) continue;
    *other = *out;
    *out = weight;
  }
}

static void remove_level(char *name, const char *level) {
  char *at = strstr(name, level);
  const char *rest = at ? at + strlen(level) : NULL;
  if (at && *rest == '.') memmove(at, rest, strlen(rest) + 1);
}

ig_status ig_lora_names_original(const char *name, char **out, ig_error *err) {
  const char *rest = without_prefix(name);
  *out = ig_allocate_copy(rest, strlen(rest), err);
  if (!*out) return IG_ERROR_MEMORY;
  remove_level(*out, ".base_layer");
  remove_level(*out, ".original_module");
  remove_level(*out, ".modules_to_save.default");
  remove_level(*out, ".modules_to_save");
  return IG_OK;
}

const char *ig_lora_names_kind(const char *name) {
  static const char *const kinds[][2] = {
      {"lora_magnitude_vector", "DoRA's magnitude"},
      {"lora_embedding_", "LoRA of an embedding"},
      {"lora_B.bias", "lora_bias"},
      {"trainable_tokens", "trainable tokens"},
      {"lokr_", "LoKr"},
      {"hada_", "LoHa"},
      {"ia3_", "IA3"},
      {"lora_E", "AdaLoRA"},
      {"oft_", "OFT"},
      {"vera_", "VeRA"},
      {"prompt_", "a prompt"},
      {"base_layer", "the base's own tensor with other values"},
      {"modules_to_save", "a module that was trained whole (modules_to_save)"},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strstr(name, kinds[i][0])) return kinds[i][1];
  return "a module that was trained whole, or a kind of adapter that is not known";
}
